// CountLimit: minItems, maxItems, minProperties and maxProperties. Used while a schema is compiled.
#pragma once

#include <cstdint>
#include <string_view>

#include "json/subschema.h"

namespace amqp_sidecar::json {

class CountLimit final : public Keyword {
 public:
  struct Limit {
    uint32_t count;
    bool is_minimum;
  };

  // Of arrays or of objects.
  CountLimit(Type type, const Limit& limit) : Keyword(SetOf(type)), limit_(limit) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override;

 private:
  const Limit limit_;
};

}  // namespace amqp_sidecar::json
