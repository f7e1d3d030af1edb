// librdkafka's API as Swift can see it. Swift imports neither variadic functions nor macros with arguments: a
// static inline wrapper for each that is needed belongs here, with the ownership rule written beside it.
#ifndef CSTITCH_RDKAFKA_SHIM_H
#define CSTITCH_RDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// Puts a message into the local queue; never blocks. The key is copied; NULL means none, as opposed to empty, for key and
// value. The value is copied if `copies`, else it has to stay where it is until the delivery report. Without an error
// `headers` (NULL for none) and `opaque` go to librdkafka, and `opaque` comes back with the delivery report; with an error
// both stay the caller's. A timestamp of 0 is now, a partition of -1 is chosen by the key.
static inline rd_kafka_resp_err_t cstitch_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                                  int copies, const void *key, size_t key_size, const void *value,
                                                  size_t value_size, int64_t timestamp, rd_kafka_headers_t *headers,
                                                  void *opaque) {
    const int flags = copies ? RD_KAFKA_MSG_F_COPY : 0;
    if (!headers && !timestamp) {
        // The same with less ado.
        const int result = rd_kafka_produce(topic, partition, flags, (void *)value, value_size, key, key_size, opaque);
        return result == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
    }
    return rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
                             RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
                             RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque),
                             RD_KAFKA_V_END);
}

#endif
