#include "app/route.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "json/topic_pattern.h"

namespace amqp_sidecar::app {
namespace {

// Those that the broker has by itself.
std::string PredeclaredType(const std::string& exchange) {
  for (const char* type : {"direct", "fanout", "topic", "headers"}) {
    if (exchange == absl::StrCat("amq.", type)) return type;
  }
  return exchange == "amq.match" ? "headers" : "";
}

const broker::Exchange* Find(const broker::Topology& topology, const std::string& name) {
  const auto found = std::ranges::find(topology.exchanges, name, &broker::Exchange::name);
  return found == topology.exchanges.end() ? nullptr : &*found;
}

bool Matches(const std::string& type, const std::string& pattern, const std::string& key) {
  if (type == "fanout") return true;
  return type == "topic" ? json::TopicPattern(pattern).Matches(key) : pattern == key;
}

std::string AlternateOf(const broker::Exchange& exchange) {
  const auto found = exchange.arguments.find("alternate-exchange");
  if (found == exchange.arguments.end()) return "";
  const auto* const name = std::get_if<std::string>(&found->second.value);
  return name == nullptr ? "" : *name;
}

}  // namespace

Route RouteOf(const broker::Topology& topology, const std::string& exchange,
              const std::string& routing_key) {
  Route route;
  std::set<std::string> seen;
  std::string at = exchange;
  while (seen.insert(at).second) {
    const broker::Exchange* const known = Find(topology, at);
    const std::string type = known != nullptr ? known->type : PredeclaredType(at);
    if (type != "direct" && type != "fanout" && type != "topic") {
      const std::string why =
          type.empty() ? "is not in the configured topology"
                       : absl::StrCat("is of type ", type, ", which is not evaluated here");
      return {{}, absl::StrCat("exchange \"", at, "\" ", why)};
    }
    for (const broker::Binding& binding : topology.bindings) {
      if (binding.exchange != at || !Matches(type, binding.routing_key, routing_key)) continue;
      if (std::ranges::find(route.queues, binding.queue) != route.queues.end()) continue;
      route.queues.push_back(binding.queue);
    }
    const std::string alternate = known == nullptr ? "" : AlternateOf(*known);
    if (!route.queues.empty() || alternate.empty()) break;
    at = alternate;
  }
  return route;
}

}  // namespace amqp_sidecar::app
