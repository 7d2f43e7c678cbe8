# dbot in a container: docker build -t dbot . && docker run --rm -v "$PWD:/work" dbot doctor
# The program is built as setup.sh builds it and packed as scripts/package.sh packs it; the image that
# remains has the package and what it depends on.
FROM debian:12-slim AS build
# pip's certificates; file and dpkg-dev are what packing needs.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates file dpkg-dev
WORKDIR /dbot
# The dependencies first: they stay in the cache while sources change.
COPY setup.sh ./
COPY scripts scripts
COPY cmake cmake
RUN ./setup.sh --deps-only
COPY . .
RUN ./setup.sh
RUN scripts/package.sh

FROM debian:12-slim
COPY --from=build /dbot/build/release/packages/dbot_*.deb /tmp/
RUN apt-get update \
 && apt-get install -y --no-install-recommends /tmp/dbot_*.deb \
 && rm -rf /tmp/dbot_*.deb /var/lib/apt/lists/*
WORKDIR /work
ENTRYPOINT ["dbot"]
CMD ["--help"]
