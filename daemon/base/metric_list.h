// MetricList: the families of metrics that one answer to /metrics is made of. Knows no metric.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace amqp_sidecar::base {

using Labels = std::vector<std::pair<std::string, std::string>>;

class MetricList {
 public:
  // Begins a family; its values follow. `name` comes without the prefix "amqp_sidecar_".
  MetricList& Counter(std::string_view name, std::string_view help);
  MetricList& Gauge(std::string_view name, std::string_view help);
  // A family with this one value.
  void Histogram(std::string_view name, std::string_view help, const base::Histogram& histogram);

  // A value of the family that was begun last.
  MetricList& Add(double value, const Labels& labels = {});
  MetricList& Add(uint64_t value, const Labels& labels = {}) {
    return Add(static_cast<double>(value), labels);
  }

  // In Prometheus' text format.
  std::string ToText() const;

 private:
  prometheus::MetricFamily& Begin(std::string_view name, std::string_view help,
                                  prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace amqp_sidecar::base
