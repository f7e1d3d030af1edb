// What bare C does with librdkafka: the twins of what the benchmarks of the group `kafka` measure. Each function runs its
// loop on a thread of its own, as Swift's threads are: the main thread's memory comes cheaper.
#ifndef STITCH_KAFKA_LOOPS_H
#define STITCH_KAFKA_LOOPS_H

#include <stddef.h>
#include <stdint.h>

/// What a loop took.
typedef struct {
    /// From the first record to the last report.
    double seconds;
    /// User and system time of the process meanwhile.
    double cpu_seconds;
    /// Records that were not delivered.
    long failed;
} kafka_loop_result;

/// User and system time of the process so far.
double kafka_loop_cpu_seconds(void);

/// Produces records whose values are copied, reports polled for after each.
///
/// Returns NULL, or what went wrong, which is static.
/// - has_headers: whether each record has the two headers of a traced one.
const char *kafka_loop_produce(const char *brokers, const char *topic, long count, size_t value_size, int has_headers,
                               kafka_loop_result *result);

/// Produces records with so many at most that are not acknowledged.
const char *kafka_loop_window(const char *brokers, const char *topic, long count, size_t value_size, long window,
                              kafka_loop_result *result);

/// Produces records one after the other, each when the one before is acknowledged; takes down how long each took.
const char *kafka_loop_latency(const char *brokers, const char *topic, long count, size_t value_size,
                               double *microseconds, kafka_loop_result *result);

#endif
