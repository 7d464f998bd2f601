#include "json/suggestion.h"

#include <algorithm>
#include <cstddef>

namespace amqp_sidecar::json {
namespace {

constexpr size_t kLongest = 64;

// How many steps lead from one to the other, as NearestName counts them.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string NearestName(std::string_view name, const std::vector<std::string_view>& known) {
  if (name.size() > kLongest) return "";
  size_t least = std::max<size_t>(1, name.size() / 4) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : known) {
    if (candidate.size() > name.size() + least || name.size() > candidate.size() + least) continue;
    const size_t distance = Distance(name, candidate);
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    nearest = candidate;
  }
  return std::string(nearest);
}

}  // namespace amqp_sidecar::json
