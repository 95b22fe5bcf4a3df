# The operator's image: Node, the bundle of `make build`, and the libraries that Node is linked with; no shell.
#
#   docker build -t lua-plugin-operator:0.1.0 .
#
# Images are pinned by version, not by digest. Whoever publishes the image should add the digests that they have
# verified (name:tag@sha256:...); distroless has no tags for single versions, so there the digest is the only pin.

FROM node:24.21.0-trixie-slim AS node

# What is built runs on any platform, so one build serves them all.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim AS build
WORKDIR /source
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY LICENSE tsconfig.json ./
COPY build/ build/
COPY crds/ crds/
COPY luaplugin/ luaplugin/
COPY operator/ operator/
RUN node build/build.ts

FROM gcr.io/distroless/cc-debian13:nonroot
ARG REVISION=unknown
LABEL org.opencontainers.image.title="lua-plugin-operator" \
      org.opencontainers.image.description="Resolves the workload of every Pod with Lua plugins and writes it in the Pod's annotations" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian13:nonroot"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build /source/dist/ /app/
# A platform may give the container a user of its own choice, whom no file knows and who has no home.
ENV HOME=/
# By number, so that the kubelet can tell that it is not root.
USER 65532:65532
# Metrics and health; the webhook.
EXPOSE 8080 9443
ENTRYPOINT ["/usr/local/bin/node", "/app/operator/main.js"]
