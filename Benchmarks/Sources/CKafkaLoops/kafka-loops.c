#include "kafka-loops.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
    const char *brokers;
    const char *topic;
    long count;
    size_t value_size;
    int has_headers;
    long window;
    double *microseconds;
    kafka_loop_result *result;
    const char *error;

    // Of the loop.
    rd_kafka_t *client;
    rd_kafka_topic_t *handle;
    char *values;
    long reported;
    long failed;
} loop;

// As many different values as the Swift side sends in turn: the same one again and again would stay in the cache.
enum { value_count = 256 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double kafka_loop_cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    loop *self = opaque;
    self->reported++;
    if (message->err) self->failed++;
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[256];
    return rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK;
}

// Opens a client with the settings of the Swift side, and sends one record so that it is connected.
static const char *open_client(loop *self, const char *linger) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!set(conf, "bootstrap.servers", self->brokers) || !set(conf, "linger.ms", linger) ||
        !set(conf, "enable.idempotence", "true") || !set(conf, "queue.buffering.max.messages", "1000000") ||
        !set(conf, "log.connection.close", "false")) {
        rd_kafka_conf_destroy(conf);
        return "librdkafka refuses a setting";
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, self);
    self->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (!self->client) {
        rd_kafka_conf_destroy(conf);
        return "librdkafka makes no client";
    }
    self->handle = rd_kafka_topic_new(self->client, self->topic, NULL);
    self->values = calloc(value_count, self->value_size);
    if (!self->handle || !self->values) return "no topic, or no memory";
    for (int partition = 0; partition < 4; partition++) {
        if (rd_kafka_produce(self->handle, partition, RD_KAFKA_MSG_F_COPY, self->values, self->value_size, NULL, 0, NULL))
            return "the first record is refused";
    }
    if (rd_kafka_flush(self->client, 30000)) return "the first record is not acknowledged";
    self->reported = 0;
    return self->failed ? "the first record is not delivered" : NULL;
}

static void close_client(loop *self) {
    if (self->handle) rd_kafka_topic_destroy(self->handle);
    if (self->client) rd_kafka_destroy(self->client);
    free(self->values);
}

// Takes and gives back memory and lock as whoever traces does: nothing that the record needs is prepared.
static rd_kafka_headers_t *make_headers(void) {
    static const char parent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    static const char origin[] = "o=1764370000000";
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    rd_kafka_header_add(headers, "traceparent", 11, parent, sizeof parent - 1);
    rd_kafka_header_add(headers, "stitch", 6, origin, sizeof origin - 1);
    return headers;
}

static const char *produce_one(loop *self, long index) {
    void *value = self->values + index % value_count * self->value_size;
    for (;;) {
        rd_kafka_headers_t *headers = self->has_headers ? make_headers() : NULL;
        rd_kafka_resp_err_t error;
        if (headers) {
            error = rd_kafka_producev(self->client, RD_KAFKA_V_RKT(self->handle), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                      RD_KAFKA_V_VALUE(value, self->value_size), RD_KAFKA_V_HEADERS(headers),
                                      RD_KAFKA_V_OPAQUE(NULL), RD_KAFKA_V_END);
        } else {
            error = rd_kafka_producev(self->client, RD_KAFKA_V_RKT(self->handle), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                      RD_KAFKA_V_VALUE(value, self->value_size), RD_KAFKA_V_OPAQUE(NULL),
                                      RD_KAFKA_V_END);
        }
        if (!error) return NULL;
        // With an error they are still ours.
        if (headers) rd_kafka_headers_destroy(headers);
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return "a record is refused";
        rd_kafka_poll(self->client, 100);
    }
}

static const char *run(loop *self) {
    const char *error = open_client(self, self->microseconds ? "0" : "5");
    if (error) return error;
    const double cpu = kafka_loop_cpu_seconds();
    const double start = now();
    for (long index = 0; index < self->count; index++) {
        const double begin = self->microseconds ? now() : 0;
        error = produce_one(self, index);
        if (error) return error;
        if (self->window == 0) rd_kafka_poll(self->client, 0);
        while (self->window && index + 1 - self->reported >= self->window) rd_kafka_poll(self->client, 100);
        if (self->microseconds) self->microseconds[index] = (now() - begin) * 1e6;
    }
    while (self->reported < self->count) rd_kafka_poll(self->client, 100);
    self->result->seconds = now() - start;
    self->result->cpu_seconds = kafka_loop_cpu_seconds() - cpu;
    self->result->failed = self->failed;
    return NULL;
}

static void *on_thread(void *argument) {
    loop *self = argument;
    self->error = run(self);
    close_client(self);
    return NULL;
}

static const char *start(loop *self) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, on_thread, self)) return "no thread";
    pthread_join(thread, NULL);
    return self->error;
}

const char *kafka_loop_produce(const char *brokers, const char *topic, long count, size_t value_size, int has_headers,
                               kafka_loop_result *result) {
    loop self = {.brokers = brokers, .topic = topic, .count = count, .value_size = value_size};
    self.has_headers = has_headers;
    self.result = result;
    return start(&self);
}

const char *kafka_loop_window(const char *brokers, const char *topic, long count, size_t value_size, long window,
                              kafka_loop_result *result) {
    loop self = {.brokers = brokers, .topic = topic, .count = count, .value_size = value_size};
    self.window = window;
    self.result = result;
    return start(&self);
}

const char *kafka_loop_latency(const char *brokers, const char *topic, long count, size_t value_size,
                               double *microseconds, kafka_loop_result *result) {
    loop self = {.brokers = brokers, .topic = topic, .count = count, .value_size = value_size};
    self.window = 1;
    self.microseconds = microseconds;
    self.result = result;
    return start(&self);
}
