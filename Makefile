# Commands of this repository. Each is a script in scripts/, to be run by hand just as well.
#
#   make demo      builds Stitch and shows one stitched flow            ARGS='--count 10000'
#   make test      builds everything and runs all tests                 ARGS='--filter TraceContextTests'
#   make deps      installs what is missing on this machine
#   make lint      style, scripts, compose file, no warnings
#   make format    puts the Swift files into shape
#   make docs      the reference of every module, in .docs/
#   make bench     measures, one line a figure: name value unit         ONLY=context
#   make soak      works for ten minutes, and looks at the memory: Kafka both ways, or a receiver in trouble  ONLY=receiver
#   make chaos     puts the job queue under faults, and looks at the history of every job      ONLY=4711 for that chance
#   make mutants   breaks the code on purpose, expects the tests to see it   ONLY=header-appended
#   make adapters  builds and tests what joins Stitch to swift-log and the like      ARGS=newest
#   make fuzz      fuzzes the parsers, 10 minutes each                ONLY=60 for 60 seconds
#   make sanitize  Kafka and Postgres tests under the address and thread sanitizers  ARGS=address
#   make test-leaders         Kafka's clients while the leaders of three real brokers change; takes minutes
#   make test-newer-rdkafka   the tests of Kafka with a newer librdkafka than the system's
#   make test-pgbouncer       queries and jobs through a real PgBouncer in transaction mode
#   make clean     removes what was built

.DEFAULT_GOAL := help
.PHONY: help demo test deps lint format docs bench soak chaos mutants adapters fuzz sanitize test-leaders test-newer-rdkafka test-pgbouncer clean

ARGS ?=
ONLY ?=

help:
	@sed -n 's/^#  //p' Makefile

demo:
	@scripts/demo $(ARGS)

test:
	@scripts/test $(ARGS)

deps:
	@scripts/deps

lint:
	@scripts/lint

format:
	@scripts/format

docs:
	@scripts/docs

bench:
	@scripts/bench $(ONLY)

soak:
	@scripts/soak $(ONLY)

chaos:
	@scripts/chaos $(ONLY)

mutants:
	@scripts/mutants $(ONLY)

adapters:
	@scripts/adapters $(ARGS)

fuzz:
	@scripts/fuzz $(ONLY)
	@scripts/fuzz-otlp $(firstword $(ONLY))

sanitize:
	@scripts/sanitize $(ARGS)

test-leaders:
	@scripts/test --filter KafkaLeaderTests $(ARGS)

test-newer-rdkafka:
	@scripts/test-newer-rdkafka $(ARGS)

test-pgbouncer:
	@scripts/deps pooler
	@scripts/test --filter PgBouncerTests $(ARGS)

clean:
	rm -rf .build .build-* .docs Benchmarks/.build
