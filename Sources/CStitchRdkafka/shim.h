// librdkafka's API as Swift can see it. Swift imports neither variadic functions nor macros with arguments: a
// static inline wrapper for each that is needed belongs here, with the ownership rule written beside it.
#ifndef CSTITCH_RDKAFKA_SHIM_H
#define CSTITCH_RDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// Puts a message into the local queue; never blocks. Key and value are copied; NULL means none, as opposed to empty.
// Without an error `headers` (NULL for none) and `opaque` go to librdkafka, and `opaque` comes back with the delivery
// report; with an error both stay the caller's. A timestamp of 0 is now, a partition of -1 is chosen by the key.
static inline rd_kafka_resp_err_t cstitch_produce(rd_kafka_t *client, const char *topic, int32_t partition,
                                                  const void *key, size_t key_size, const void *value,
                                                  size_t value_size, int64_t timestamp, rd_kafka_headers_t *headers,
                                                  void *opaque) {
    return rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
                             RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_TIMESTAMP(timestamp),
                             RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

#endif
