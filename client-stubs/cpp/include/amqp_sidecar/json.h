// JSON by nlohmann's library (Debian: nlohmann-json3-dev): its json, and whatever has a to_json and
// a from_json for it, can be published, and read by Delivery::Json<T>().
#pragma once

#include <string>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "amqp_sidecar/body.h"
#include "amqp_sidecar/delivery.h"

namespace amqp_sidecar {

template <typename T>
  requires(!RawBytes<T> && !std::is_base_of_v<google::protobuf::Message, T> &&
           std::is_constructible_v<nlohmann::json, const T&>)
struct BodyTraits<T> {
  static std::string Encode(const T& value) {
    try {
      return nlohmann::json(value).dump();
    } catch (const std::exception& error) {
      ThrowInvalidBody(error.what());
    }
  }

  static T Decode(const std::string& bytes) {
    try {
      return nlohmann::json::parse(bytes).template get<T>();
    } catch (const nlohmann::json::parse_error& error) {
      // Its text quotes the body.
      throw InvalidBody("the body is not JSON, at byte " + std::to_string(error.byte));
    } catch (const nlohmann::json::exception& error) {
      throw InvalidBody(std::string("the body has another form: ") + error.what());
    }
  }
};

}  // namespace amqp_sidecar
