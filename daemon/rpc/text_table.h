// TextTable: cells in columns, for a terminal. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace amqp_sidecar::rpc {

class TextTable {
 public:
  // The heads. A column whose name begins with '>' is set to the right.
  explicit TextTable(std::vector<std::string> heads);

  // As many cells as there are heads.
  void Add(std::vector<std::string> cells);

  // A line each, the heads first, each behind `indent`. No spaces at the end of a line.
  std::string Text(std::string_view indent) const;

 private:
  std::vector<bool> to_the_right_;
  std::vector<std::vector<std::string>> rows_;
};

// Characters of UTF-8.
size_t WidthOf(std::string_view text);

// The first `width` characters, with an ellipsis in place of the last where some are left out.
std::string CutTo(std::string_view text, size_t width);

}  // namespace amqp_sidecar::rpc
