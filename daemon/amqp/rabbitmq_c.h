// rabbitmq-c's codec, and an owner for its memory pools. Only the *_codec.cc files include this.
#pragma once

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#endif

#include <string>
#include <string_view>

namespace amqp_sidecar::amqp {

// What rabbitmq-c allocates from, freed as a whole. Takes no memory before its first use.
class Pool {
 public:
  Pool() { init_amqp_pool(&pool_, 4096); }
  ~Pool() { empty_amqp_pool(&pool_); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  amqp_pool_t* get() { return &pool_; }
  // What was allocated is gone.
  void Recycle() { recycle_amqp_pool(&pool_); }

 private:
  amqp_pool_t pool_;
};

// Not a copy.
inline amqp_bytes_t ToBytes(std::string_view text) {
  amqp_bytes_t bytes;
  bytes.len = text.size();
  // Encoding only reads.
  bytes.bytes = const_cast<char*>(text.data());
  return bytes;
}

inline std::string_view ToView(amqp_bytes_t bytes) {
  return bytes.len == 0 ? std::string_view()
                        : std::string_view(static_cast<const char*>(bytes.bytes), bytes.len);
}

inline std::string ToString(amqp_bytes_t bytes) { return std::string(ToView(bytes)); }

}  // namespace amqp_sidecar::amqp
