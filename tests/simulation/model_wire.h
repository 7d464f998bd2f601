// AMQP 0-9-1 as a broker reads and writes it: by other code than the daemon's own, so that what
// both get wrong in the same way shows. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace amqp_sidecar::simulation {

// Class and method number of AMQP 0-9-1 as one number.
enum class Method : uint32_t {
  kConnectionStart = 0x000A000A,
  kConnectionStartOk = 0x000A000B,
  kConnectionTune = 0x000A001E,
  kConnectionTuneOk = 0x000A001F,
  kConnectionOpen = 0x000A0028,
  kConnectionOpenOk = 0x000A0029,
  kConnectionClose = 0x000A0032,
  kConnectionCloseOk = 0x000A0033,
  kConnectionBlocked = 0x000A003C,
  kConnectionUnblocked = 0x000A003D,
  kChannelOpen = 0x0014000A,
  kChannelOpenOk = 0x0014000B,
  kChannelFlowOk = 0x00140015,
  kChannelClose = 0x00140028,
  kChannelCloseOk = 0x00140029,
  kExchangeDeclare = 0x0028000A,
  kExchangeDeclareOk = 0x0028000B,
  kExchangeDelete = 0x00280014,
  kExchangeDeleteOk = 0x00280015,
  kQueueDeclare = 0x0032000A,
  kQueueDeclareOk = 0x0032000B,
  kQueueBind = 0x00320014,
  kQueueBindOk = 0x00320015,
  kQueuePurge = 0x0032001E,
  kQueuePurgeOk = 0x0032001F,
  kQueueDelete = 0x00320028,
  kQueueDeleteOk = 0x00320029,
  kQueueUnbind = 0x00320032,
  kQueueUnbindOk = 0x00320033,
  kBasicQos = 0x003C000A,
  kBasicQosOk = 0x003C000B,
  kBasicConsume = 0x003C0014,
  kBasicConsumeOk = 0x003C0015,
  kBasicCancel = 0x003C001E,
  kBasicCancelOk = 0x003C001F,
  kBasicPublish = 0x003C0028,
  kBasicReturn = 0x003C0032,
  kBasicDeliver = 0x003C003C,
  kBasicAck = 0x003C0050,
  kBasicReject = 0x003C005A,
  kBasicNack = 0x003C0078,
  kConfirmSelect = 0x0055000A,
  kConfirmSelectOk = 0x0055000B,
};

inline constexpr uint8_t kMethodFrame = 1;
inline constexpr uint8_t kHeaderFrame = 2;
inline constexpr uint8_t kBodyFrame = 3;
inline constexpr uint8_t kHeartbeatFrame = 8;
inline constexpr uint8_t kFrameEndByte = 0xCE;
// Type, channel and size in front, the end behind.
inline constexpr size_t kFrameBytes = 8;

struct WireValue;
using WireArray = std::vector<WireValue>;
using WireTable = std::map<std::string, WireValue>;

// A value of a field table, as far as the model looks at it: integers, booleans and times are
// integers; what it does not look at is nothing.
struct WireValue {
  std::variant<std::monostate, int64_t, std::string, WireArray, WireTable> value;
  bool operator==(const WireValue&) const = default;

  // Null where it is of another kind.
  const int64_t* number() const { return std::get_if<int64_t>(&value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  const WireArray* array() const { return std::get_if<WireArray>(&value); }
  const WireTable* table() const { return std::get_if<WireTable>(&value); }
};

// Takes arguments off the front. Past the end everything is 0 or empty, and ok() false.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

  uint8_t U8() { return static_cast<uint8_t>(Number(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Number(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Number(4)); }
  uint64_t U64() { return Number(8); }
  std::string Short() { return std::string(Take(U8())); }
  std::string Long() { return std::string(Take(U32())); }
  WireTable Table();
  // A value with its type in front.
  WireValue Value();
  // The same, as the bytes that it came as.
  std::string RawValue();
  size_t left() const { return bytes_.size(); }

  bool ok() const { return ok_; }
  // All of it was read, and nothing was missing.
  bool done() const { return ok_ && bytes_.empty(); }

 private:
  uint64_t Number(size_t size);
  std::string_view Take(size_t size);
  WireArray Array();

  std::string_view bytes_;
  bool ok_ = true;
};

// One method frame.
class MethodFrame {
 public:
  MethodFrame(uint16_t channel, Method method);
  MethodFrame& U8(uint8_t value) { return Number(value, 1); }
  MethodFrame& U16(uint16_t value) { return Number(value, 2); }
  MethodFrame& U32(uint32_t value) { return Number(value, 4); }
  MethodFrame& U64(uint64_t value) { return Number(value, 8); }
  MethodFrame& Short(std::string_view text);
  MethodFrame& Long(std::string_view text);
  std::string Bytes();

 private:
  MethodFrame& Number(uint64_t value, size_t size);

  std::string bytes_;
};

std::string Frame(uint8_t type, uint16_t channel, std::string_view payload);

// The properties of a content header that the model looks at; the rest is passed on as it came.
struct ContentProperties {
  std::string encoded;  // flags and values
  WireTable headers;
  std::string correlation_id;
  std::string expiration;
  std::string user_id;
  bool persistent = false;
};

// The payload of a content header frame. False where it cannot be one.
bool ReadContentHeader(std::string_view payload, ContentProperties& properties, uint64_t& body);

// Header and body frames.
std::string ContentFrames(uint16_t channel, const std::string& encoded_properties,
                          std::string_view body, size_t frame_max);

}  // namespace amqp_sidecar::simulation
