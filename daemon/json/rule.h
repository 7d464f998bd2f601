// Rule: which messages it is for, and what their bodies must be. A plain value.
#pragma once

#include <optional>
#include <string>

#include "json/body_check.h"
#include "json/on_invalid.h"
#include "json/topic_pattern.h"

namespace amqp_sidecar::json {

struct Rule {
  // Of publishes where there is no queue; what is absent matches any.
  std::optional<std::string> exchange;
  std::optional<TopicPattern> routing_key;
  // Of deliveries where there is one.
  std::optional<std::string> queue;

  // No body is looked at.
  bool off = false;
  BodyCheck body;
  OnInvalid on_invalid = OnInvalid::kDeliver;
};

}  // namespace amqp_sidecar::json
