// MetricsText: an answer to /metrics, to be asked for its values. Plain value.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace amqp_sidecar::test {

class MetricsText {
 public:
  explicit MetricsText(std::string text) : text_(std::move(text)) {}

  // Of a line such as `deliveries_total` or `settlements_total{verb="ack"}`, without the prefix
  // "amqp_sidecar_"; nothing where there is none.
  std::optional<double> operator[](const std::string& line) const {
    const std::string begin = "\namqp_sidecar_" + line + " ";
    const size_t at = text_.find(begin);
    if (at == std::string::npos) return std::nullopt;
    return std::stod(text_.substr(at + begin.size()));
  }

  // The lines without their values.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    std::istringstream lines(text_);
    for (std::string line; std::getline(lines, line);) {
      names.push_back(line.starts_with('#') ? line : line.substr(0, line.rfind(' ')));
    }
    return names;
  }

 private:
  std::string text_;
};

}  // namespace amqp_sidecar::test
