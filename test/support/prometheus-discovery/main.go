// Prometheus' own Kubernetes service discovery, as a program: Debian builds its Prometheus without it. It keeps what it
// finds in a file that Prometheus' file_sd_configs reads.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/kubernetes"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"go.yaml.in/yaml/v2"
)

type group struct {
	Targets []string       `json:"targets"`
	Labels  model.LabelSet `json:"labels"`
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

// run follows a kubernetes_sd_config (YAML) and writes the file until it is killed.
func run(config, file string) error {
	var sd kubernetes.SDConfig
	if err := yaml.UnmarshalStrict([]byte(config), &sd); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	refresh := discovery.NewRefreshMetrics(registry)
	discoverer, err := sd.NewDiscoverer(discovery.DiscovererOptions{
		Logger:  slog.Default(),
		Metrics: sd.NewDiscovererMetrics(registry, refresh),
	})
	if err != nil {
		return err
	}
	updates := make(chan []*targetgroup.Group)
	go discoverer.Run(context.Background(), updates)
	sources := map[string][]group{}
	for update := range updates {
		for _, found := range update {
			sources[found.Source] = groups(found)
		}
		if err := write(file, sources); err != nil {
			return err
		}
	}
	return nil
}

// groups has a group for each target: file_sd knows labels of groups only.
func groups(found *targetgroup.Group) []group {
	var all []group
	for _, target := range found.Targets {
		labels := found.Labels.Merge(target)
		address := string(labels[model.AddressLabel])
		delete(labels, model.AddressLabel)
		all = append(all, group{Targets: []string{address}, Labels: labels})
	}
	return all
}

// write replaces the file in one step.
func write(file string, sources map[string][]group) error {
	all := []group{}
	for _, of := range sources {
		all = append(all, of...)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
