# The `stitch` program in a small image:
#
#   docker build --tag stitch . && docker run --rm stitch --help

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        pkg-config librdkafka-dev libpq-dev libsqlite3-dev libmicrohttpd-dev libcurl4-openssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# Swift itself goes into the program; the C libraries stay the distribution's, which keeps them up to date.
RUN swift build --configuration release --product stitch --static-swift-stdlib \
    && mkdir /program \
    && cp "$(swift build --configuration release --show-bin-path)"/stitch /program/

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates librdkafka1 libpq5 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home stitch
COPY --from=build /program /opt/stitch
USER stitch
WORKDIR /tmp
ENTRYPOINT ["/opt/stitch/stitch"]
CMD ["--help"]
