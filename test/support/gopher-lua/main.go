// Runs Lua scripts as DeepFlow's server does: with gopher-lua, a new state for each Pod, the file run, the function
// called with the metadata.
//
//	gopher-lua [-dkjson FILE] < cases > answers
//
// A case is a line of JSON, {"script": "...", "pods": ["...", ...]}; so is the answer to it, a list with one element for
// each Pod: {"results": [["string", "..."], ["nil", ""]], "print": "..."} or {"error": "...", "print": "..."}. Text
// that is no UTF-8 travels with one character a byte, in both directions.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// perPod bounds what one Pod's state may take.
const perPod = 10 * time.Second

const function = "GetWorkloadTypeAndName"

type testCase struct {
	Script string   `json:"script"`
	Pods   []string `json:"pods"`
}

type answer struct {
	Results [][2]string `json:"results,omitempty"`
	Error   string      `json:"error,omitempty"`
	Print   string      `json:"print,omitempty"`
}

func main() {
	dkjson := flag.String("dkjson", "", "the dkjson.lua that require finds")
	flag.Parse()
	if err := run(*dkjson); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dkjson string) error {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 64<<20)
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	for input.Scan() {
		var each testCase
		if err := json.Unmarshal(input.Bytes(), &each); err != nil {
			return err
		}
		answers := make([]answer, 0, len(each.Pods))
		for _, pod := range each.Pods {
			answers = append(answers, ask(toBytes(each.Script), toBytes(pod), dkjson))
		}
		if err := output.Encode(answers); err != nil {
			return err
		}
	}
	return input.Err()
}

func ask(script, pod, dkjson string) (given answer) {
	defer func() {
		if problem := recover(); problem != nil {
			given.Results, given.Error = nil, fmt.Sprint("panic: ", problem)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), perPod)
	defer cancel()
	state := lua.NewState()
	defer state.Close()
	state.SetContext(ctx)
	var printed bytes.Buffer
	defer func() { given.Print = toText(printed.String()) }()
	state.SetGlobal("print", state.NewFunction(func(L *lua.LState) int {
		for i := 1; i <= L.GetTop(); i++ {
			if i > 1 {
				printed.WriteByte('\t')
			}
			printed.WriteString(L.ToStringMeta(L.Get(i)).String())
		}
		printed.WriteByte('\n')
		return 0
	}))
	if dkjson != "" {
		state.PreloadModule("dkjson", func(L *lua.LState) int {
			module, err := L.LoadFile(dkjson)
			if err != nil {
				L.RaiseError("%s", err.Error())
			}
			L.Push(module)
			L.Call(0, 1)
			return 1
		})
	}
	chunk, err := state.Load(bytes.NewReader([]byte(script)), "script")
	if err != nil {
		return failed(err)
	}
	state.Push(chunk)
	if err := state.PCall(0, lua.MultRet, nil); err != nil {
		return failed(err)
	}
	call := lua.P{Fn: state.GetGlobal(function), NRet: 2, Protect: true}
	if err := state.CallByParam(call, lua.LString(pod)); err != nil {
		return failed(err)
	}
	for _, value := range []lua.LValue{state.Get(-2), state.Get(-1)} {
		text := ""
		switch value.Type() {
		case lua.LTString, lua.LTNumber, lua.LTBool:
			text = toText(value.String())
		}
		given.Results = append(given.Results, [2]string{value.Type().String(), text})
	}
	return given
}

// failed is an error without the stack that follows its message.
func failed(err error) answer {
	var api *lua.ApiError
	if errors.As(err, &api) {
		return answer{Error: toText(api.Object.String())}
	}
	return answer{Error: toText(err.Error())}
}

func toBytes(text string) string {
	out := make([]byte, 0, len(text))
	for _, character := range text {
		out = append(out, byte(character))
	}
	return string(out)
}

func toText(text string) string {
	out := make([]rune, 0, len(text))
	for i := 0; i < len(text); i++ {
		out = append(out, rune(text[i]))
	}
	return string(out)
}
