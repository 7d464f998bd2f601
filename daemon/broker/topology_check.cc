#include "broker/topology_check.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "base/strings.h"

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kMaxNameBytes = 255;  // AMQP 0-9-1 §4.2.5.3, short strings

Error Invalid(std::string detail) { return {Reason::kInvalidTopology, std::move(detail)}; }

std::optional<Error> CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) return Invalid(base::Concat(what, " has no name"));
  if (name.size() > kMaxNameBytes) {
    return Invalid(base::Concat(what, " name is ", name.size(), " bytes long: at most 255"));
  }
  // RabbitMQ leaves them out without a word, and takes what is left for the name; nothing left is
  // a name of its own choice, another one each time.
  if (name.find_first_of("\r\n") != std::string_view::npos) {
    return Invalid(base::Concat(what, " name holds a line break"));
  }
  return std::nullopt;
}

// RabbitMQ 3 answers an unknown type by closing the connection.
std::optional<Error> CheckExchange(const Exchange& exchange,
                                   const std::vector<std::string>& plugin_types) {
  static constexpr std::array<std::string_view, 4> kTypes = {"direct", "fanout", "topic",
                                                             "headers"};
  if (auto error = CheckName("an exchange", exchange.name)) return error;
  if (std::ranges::find(kTypes, exchange.type) != kTypes.end()) return std::nullopt;
  if (std::ranges::find(plugin_types, exchange.type) != plugin_types.end()) return std::nullopt;
  return Invalid(base::Concat("exchange \"", exchange.name, "\" has the unknown type \"",
                              exchange.type,
                              "\": use direct, fanout, topic or headers; one that a plugin of the "
                              "broker brings must be listed in topology.exchange_types"));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits and one unit. RabbitMQ closes the connection over some of those that are not.
bool IsMaxAge(std::string_view text) {
  return text.size() >= 2 && base::Contains("YMDhms", text.substr(text.size() - 1)) &&
         std::ranges::all_of(text.substr(0, text.size() - 1), IsDigit);
}

// RabbitMQ 3 closes the connection over any other.
bool IsMasterLocator(std::string_view text) {
  return text == "min-masters" || text == "client-local" || text == "random";
}

std::optional<Error> CheckArgument(const Queue& queue, const char* name,
                                   bool (*is_good)(std::string_view), const char* must_be) {
  const auto argument = queue.arguments.find(name);
  if (argument == queue.arguments.end()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&argument->second.value);
  if (text != nullptr && is_good(*text)) return std::nullopt;
  return Invalid(
      base::Concat("queue \"", queue.name, "\": the argument ", name, " must be ", must_be));
}

std::optional<Error> CheckQueue(const Queue& queue) {
  if (auto error = CheckName("a queue", queue.name)) return error;
  if (auto error = CheckArgument(queue, "x-max-age", IsMaxAge,
                                 "a number and one of Y, M, D, h, m, s, such as \"7D\"")) {
    return error;
  }
  return CheckArgument(queue, "x-queue-master-locator", IsMasterLocator,
                       "one of min-masters, client-local, random");
}

std::optional<Error> CheckBinding(const Binding& binding) {
  if (auto error = CheckName("a binding's queue", binding.queue)) return error;
  if (auto error = CheckName("a binding's exchange", binding.exchange)) return error;
  if (binding.routing_key.size() > kMaxNameBytes) {
    return Invalid(base::Concat("the routing key that binds queue \"", binding.queue, "\" is ",
                                binding.routing_key.size(), " bytes long: at most 255"));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> CheckTopology(const Topology& topology,
                                   const std::vector<std::string>& plugin_types) {
  for (const Exchange& exchange : topology.exchanges) {
    if (auto error = CheckExchange(exchange, plugin_types)) return error;
  }
  for (const Queue& queue : topology.queues) {
    if (auto error = CheckQueue(queue)) return error;
  }
  for (const Binding& binding : topology.bindings) {
    if (auto error = CheckBinding(binding)) return error;
  }
  return std::nullopt;
}

}  // namespace amqp_sidecar::broker
