#include "base/metric_list.h"

#include <prometheus/text_serializer.h>

#include <limits>

#include "base/strings.h"

namespace amqp_sidecar::base {

prometheus::MetricFamily& MetricList::Begin(std::string_view name, std::string_view help,
                                            prometheus::MetricType type) {
  prometheus::MetricFamily& family = families_.emplace_back();
  family.name = Concat("amqp_sidecar_", name);
  family.help = std::string(help);
  family.type = type;
  return family;
}

MetricList& MetricList::Counter(std::string_view name, std::string_view help) {
  Begin(name, help, prometheus::MetricType::Counter);
  return *this;
}

MetricList& MetricList::Gauge(std::string_view name, std::string_view help) {
  Begin(name, help, prometheus::MetricType::Gauge);
  return *this;
}

MetricList& MetricList::Add(double value, const Labels& labels) {
  prometheus::MetricFamily& family = families_.back();
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return *this;
}

void MetricList::Histogram(std::string_view name, std::string_view help,
                           const base::Histogram& histogram) {
  prometheus::MetricFamily& family = Begin(name, help, prometheus::MetricType::Histogram);
  prometheus::ClientMetric::Histogram& out = family.metric.emplace_back().histogram;
  const Histogram::Reading reading = histogram.Read();
  for (size_t range = 0; range < reading.counts.size(); ++range) {
    out.sample_count += reading.counts[range];
    const bool last = range == histogram.bounds().size();
    out.bucket.push_back({out.sample_count, last ? std::numeric_limits<double>::infinity()
                                                 : histogram.bounds()[range]});
  }
  out.sample_sum = reading.sum_seconds;
}

std::string MetricList::ToText() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace amqp_sidecar::base
