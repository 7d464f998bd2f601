#include "json/count_limit.h"

#include "json/evaluation.h"

namespace amqp_sidecar::json {

bool CountLimit::Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const {
  const Value& value = evaluation.value(node);
  if (limit_.is_minimum ? value.count >= limit_.count : value.count <= limit_.count) return true;
  return evaluation.Fail(node, "has ", value.count,
                         value.type == Type::kArray ? " elements, " : " members, ",
                         limit_.is_minimum ? "fewer than " : "more than ", limit_.count);
}

}  // namespace amqp_sidecar::json
