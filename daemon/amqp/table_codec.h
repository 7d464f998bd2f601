// FieldTable to rabbitmq-c's tables and back. Pure. Only the *_codec.cc files include this.
#pragma once

#include "absl/status/statusor.h"
#include "amqp/message.h"
#include "amqp/rabbitmq_c.h"

namespace amqp_sidecar::amqp {

// The result points into `table` and `pool`. Errors: INVALID_ARGUMENT, see EncodePublish.
absl::StatusOr<amqp_table_t> ToAmqpTable(const FieldTable& table, Pool& pool);

// `table` has passed ScanTable. Where a name comes twice its first value counts, as in RabbitMQ.
FieldTable FromAmqpTable(const amqp_table_t& table);

}  // namespace amqp_sidecar::amqp
