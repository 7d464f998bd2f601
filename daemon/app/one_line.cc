#include "app/one_line.h"

namespace amqp_sidecar::app {

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace amqp_sidecar::app
