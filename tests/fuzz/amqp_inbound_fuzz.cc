// Fuzz target: the bytes of a broker. A whole connection hears them, with channels that publish,
// consume and declare, as the broker layer's do. Whatever comes, it must not crash, must not keep
// a body over the limit, must answer each method once and before its channel ends, must call
// nothing that has ended, and must end when the broker falls silent.
//
// The first byte of an input: bit 0, the handshake comes before the rest, and the channels are
// open; bits 1 to 3, in pieces of how many bytes it is heard; bit 4, the client writes nothing;
// bit 5, the pipe is lost when the input is over, else the broker falls silent.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "amqp/connection.h"
#include "fuzz/fuzz_target.h"
#include "server_frames.h"

namespace amqp_sidecar::fuzz {
namespace {

using amqp::Channel;
using amqp::Connection;
using amqp::Failure;
using amqp::Reply;

constexpr uint64_t kMaxBody = 64 * 1024;
constexpr uint16_t kChannels = 4;
// What one input may have the client open and publish, so that it ends.
constexpr int kMaxReopened = 8;
constexpr int kMaxPublished = 64;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

class World final : public Connection::Listener {
 public:
  World() : connection_(Connection::Create(Options(), *this)) { connection_->Start(now_); }
  ~World() override {
    if (!closed_) connection_->PipeClosed("the input is over");
    Require(closed_, "the connection did not end with its pipe");
    for (const auto& user : users_) Require(user->ended, "a channel did not end with it");
  }

  void Hear(std::string_view bytes, size_t piece, bool writes) {
    for (size_t at = 0; at < bytes.size() && !closed_; at += piece) {
      connection_->Receive(bytes.substr(at, piece), now_);
      if (writes) Write();
      Pass(std::chrono::milliseconds(10));
    }
  }
  void FallSilent() {
    for (int i = 0; i < 40 && !closed_; ++i) Pass(std::chrono::seconds(2));
    Require(closed_, "the connection outlives its broker");
  }

 private:
  // One channel, as its user sees it.
  struct User final : Channel::Listener {
    explicit User(World& owner) : world(owner) {}
    void OnConfirm(uint64_t, bool, bool) override {
      Alive();
      world.Publish(*this);
    }
    void OnReturn(amqp::IncomingReturn) override { Alive(); }
    void OnDelivery(amqp::IncomingDelivery&& delivery) override {
      Alive();
      Require(delivery.body.size() <= kMaxBody, "a body over the limit was delivered");
      channel->Ack(delivery.tag, delivery.redelivered);
    }
    void OnOversizedDelivery(uint64_t tag, uint64_t) override {
      Alive();
      channel->Reject(tag, false);
    }
    void OnConsumerCancelled(std::string_view) override {
      Alive();
      ended = true;
      std::exchange(channel, nullptr)->Close();
      world.Open();
    }
    void OnClosed(const Failure&) override {
      Alive();
      Require(unanswered == 0, "a channel ended with methods that were not answered");
      ended = true;
      channel = nullptr;
      world.Open();
    }
    // A method's answer, which comes exactly once.
    amqp::ReplyCallback Once() {
      ++unanswered;
      return [this, called = false](const Reply&) mutable {
        Alive();
        Require(!std::exchange(called, true), "a method was answered twice");
        --unanswered;
      };
    }
    void Alive() const { Require(!ended, "a channel that has ended was called"); }

    World& world;
    Channel* channel = nullptr;
    bool ended = false;
    int unanswered = 0;
  };

  static Connection::Options Options() {
    Connection::Options options;
    options.user = "guest";
    options.password = "guest";
    options.max_body_bytes = kMaxBody;
    options.max_channels = 16;
    return options;
  }

  void OnReady(const amqp::ServerInfo&) override {
    for (int i = 0; i < kChannels; ++i) Open();
  }
  void OnBlocked(std::string_view) override { Require(!closed_, "blocked after its end"); }
  void OnUnblocked() override { Require(!closed_, "unblocked after its end"); }
  void OnPublishRoom() override {}
  void OnClosed(const Failure&) override { Require(!std::exchange(closed_, true), "ended twice"); }

  void Open() {
    if (!connection_->ready() || opened_ >= kChannels + kMaxReopened) return;
    users_.push_back(std::make_unique<User>(*this));
    User& user = *users_.back();
    user.channel = connection_->OpenChannel(user);
    if (user.channel == nullptr) {
      user.ended = true;
      return;
    }
    Use(user, opened_++ % kChannels);
  }

  void Use(User& user, int how) {
    if (how == 0) {
      user.channel->ConfirmSelect(user.Once());
      Publish(user);
      Publish(user);
    } else if (how == 1) {
      user.channel->Qos(10, user.Once());
      amqp::ConsumeArgs consume;
      consume.queue = "q";
      consume.consumer_tag = "t";
      user.channel->Consume(consume, user.Once());
    } else if (how == 2) {
      amqp::QueueArgs queue;
      queue.name = "q";
      user.channel->DeclareQueue(queue, user.Once());
      user.channel->PurgeQueue("q", user.Once());
    } else {
      amqp::ExchangeArgs exchange;
      exchange.name = "e";
      user.channel->DeclareExchange(exchange, user.Once());
      user.channel->BindQueue({"q", "e", "k", {}}, user.Once());
    }
  }

  void Publish(User& user) {
    if (user.channel == nullptr || ++published_ > kMaxPublished) return;
    if (!connection_->PublishQueueHasRoom()) return;
    static const amqp::EncodedPublish kMessage =
        amqp::EncodePublish("", "q", {}, std::make_shared<const std::string>(3000, 'x')).value();
    user.channel->Publish(kMessage);
  }

  void Write() {
    while (connection_->HasOutput()) {
      std::array<iovec, 16> slots;
      size_t bytes = 0;
      const size_t used = connection_->Gather(slots);
      Require(used > 0, "there is output, and none is given");
      for (size_t i = 0; i < used; ++i) bytes += slots[i].iov_len;
      connection_->MarkWritten(bytes, now_);
    }
  }

  void Pass(base::Duration time) {
    now_ += time;
    if (closed_ || connection_->NextDeadline() > now_) return;
    connection_->OnTick(now_);
    Require(closed_ || connection_->NextDeadline() > now_, "it would be ticked for ever");
  }

  base::TimePoint now_{std::chrono::hours(1)};
  bool closed_ = false;
  int opened_ = 0;
  int published_ = 0;
  std::vector<std::unique_ptr<User>> users_;
  std::unique_ptr<Connection> connection_;
};

std::string Opened() {
  std::string all = amqp::server::Handshake();
  for (uint16_t channel = 1; channel <= kChannels; ++channel) {
    all += amqp::server::ChannelOpenOk(channel);
  }
  return all;
}

void Run(std::string_view input) {
  if (input.empty()) return;
  const auto flags = static_cast<unsigned char>(input.front());
  constexpr std::array<size_t, 8> kPieces = {1 << 20, 1, 2, 7, 8, 100, 1000, 4096};
  const bool writes = (flags & 16) == 0;
  World world;
  if ((flags & 1) != 0) {
    static const std::string kOpened = Opened();
    world.Hear(kOpened, kOpened.size(), true);
  }
  world.Hear(input.substr(1), kPieces[(flags >> 1) & 7], writes);
  if ((flags & 32) == 0) world.FallSilent();
}

amqp::Properties ManyProperties() {
  amqp::Properties properties;
  properties.content_type = "application/json";
  properties.headers = {
      {"list", {amqp::FieldArray{{int64_t{1}}, {std::string("two")}, {3.5}}}},
      {"table", {amqp::FieldTable{{"yes", {true}}, {"raw", {amqp::Bytes{"\x01\x02"}}}}}}};
  properties.priority = 9;
  properties.message_id = "m";
  properties.timestamp = {1700000000};
  return properties;
}

}  // namespace

std::vector<std::string> Seeds() {
  namespace s = amqp::server;
  using amqp::OkMethod;
  const amqp::Properties many = ManyProperties();
  const std::string opened = s::Ok(1, OkMethod::kConfirmSelectOk) +
                             s::Ok(2, OkMethod::kBasicQosOk) + s::ConsumeOk(2, "t") +
                             s::DeclareOk(3, "q", 1, 0);
  const std::vector<std::string> talks = {
      s::Ack(1, 1) + s::Nack(1, 2) + s::Ack(1, 5, true),
      s::Return(1, "", "q", many, "body") + s::Ack(1, 1),
      s::Delivery(2, 1, "t", many, "body") + s::Delivery(2, 2, "t", {}, "") + s::Heartbeat(),
      s::Delivery(2, 1, "t", {}, std::string(9, 'x'), 2) + s::Cancel(2, "t"),
      s::DeliverMethod(2, 1, "t") + s::Header(2, many, kMaxBody + 1) + s::Body(2, "x"),
      s::Blocked("memory") + s::Ack(1, 1) + s::Unblocked(),
      s::ChannelClosed(2, 404, "NOT_FOUND") + s::ChannelClosed(2, 404, "again") +
          s::ChannelOpenOk(5) + s::ChannelClosed(5, 406, "no"),
      s::Flow(1, false) + s::Flow(1, true) + s::DeleteOk(3, 7) + s::ChannelCloseOk(4),
      s::ConnectionClosed(320, "CONNECTION_FORCED"),
      s::ConnectionCloseOk(),
  };
  std::vector<std::string> seeds;
  for (const std::string& talk : talks) {
    seeds.push_back("\x01" + opened + talk);
    seeds.push_back("\x21" + opened + talk);
  }
  seeds.push_back("\x03" + opened + talks[2]);  // a byte at a time
  seeds.push_back("\x17" + opened + talks[6]);  // nobody writes
  seeds.push_back(std::string(1, '\0') + s::Handshake() + s::ChannelOpenOk(1));
  return seeds;
}

}  // namespace amqp_sidecar::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  amqp_sidecar::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
