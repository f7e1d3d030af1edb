#include "consume-loops.h"

#include <librdkafka/rdkafka.h>
#include <time.h>

static long nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

void kafka_loop_work(long duration) {
    const long end = nanoseconds() + duration;
    while (nanoseconds() < end) {
    }
}

static rd_kafka_t *open_consumer(const char *brokers, const char *topic) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof text);
    rd_kafka_conf_set(conf, "group.id", "bench-c", text, sizeof text);
    rd_kafka_conf_set(conf, "enable.auto.commit", "false", text, sizeof text);
    // As the contest's other clients have it: there are brokers that answer with all that a partition has.
    rd_kafka_conf_set(conf, "receive.message.max.bytes", "1000000000", text, sizeof text);
    rd_kafka_conf_set(conf, "log.connection.close", "false", text, sizeof text);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!client) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(4);
    for (int partition = 0; partition < 4; partition++)
        rd_kafka_topic_partition_list_add(partitions, topic, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    return client;
}

const char *kafka_loop_consume(const char *brokers, const char *topic, long count, int reads_header, long work,
                               kafka_loop_result *result) {
    rd_kafka_t *client = open_consumer(brokers, topic);
    if (!client) return "librdkafka makes no client";
    long start = 0;
    double cpu = 0;
    volatile char sink = 0;
    const char *error = NULL;
    for (long seen = 0; seen < count && !error;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 10000);
        if (!message) {
            error = "no record came for ten seconds";
            break;
        }
        if (!message->err) {
            if (seen++ == 0) {
                start = nanoseconds();
                cpu = kafka_loop_cpu_seconds();
            }
            if (reads_header) {
                rd_kafka_headers_t *headers;
                const void *value;
                size_t size;
                if (!rd_kafka_message_headers(message, &headers) &&
                    !rd_kafka_header_get_last(headers, "traceparent", &value, &size))
                    sink += *(const char *)value;
            }
            if (work) kafka_loop_work(work);
        }
        rd_kafka_message_destroy(message);
    }
    (void)sink;
    result->seconds = (double)(nanoseconds() - start) / 1e9;
    result->cpu_seconds = kafka_loop_cpu_seconds() - cpu;
    result->failed = 0;
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return error;
}
