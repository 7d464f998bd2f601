#include "rpc/text_table.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::rpc {
namespace {

constexpr std::string_view kGap = "  ";
constexpr std::string_view kEllipsis = "\u2026";

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

void TrimEnd(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

size_t WidthOf(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, BeginsCharacter));
}

std::string CutTo(std::string_view text, size_t width) {
  if (WidthOf(text) <= width) return std::string(text);
  if (width == 0) return "";
  size_t end = 0;
  for (size_t seen = 0; end < text.size(); ++end) {
    if (BeginsCharacter(text[end]) && ++seen == width) break;
  }
  std::string cut(text.substr(0, end));
  cut += kEllipsis;
  return cut;
}

TextTable::TextTable(std::vector<std::string> heads) {
  for (std::string& head : heads) {
    to_the_right_.push_back(head.starts_with('>'));
    if (to_the_right_.back()) head.erase(0, 1);
  }
  rows_.push_back(std::move(heads));
}

void TextTable::Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::string TextTable::Text(std::string_view indent) const {
  std::vector<size_t> widths(to_the_right_.size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line(indent);
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - WidthOf(row[i]), ' ');
      if (i > 0) line += kGap;
      if (to_the_right_[i]) line += space;
      line += row[i];
      if (!to_the_right_[i]) line += space;
    }
    TrimEnd(line);
    text += line;
    text += '\n';
  }
  return text;
}

}  // namespace amqp_sidecar::rpc
