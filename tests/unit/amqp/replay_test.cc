// A long exchange that covers what a connection does, fed whole, byte by byte, and cut at every
// byte: what happens must be the same.
#include <functional>

#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr size_t kChunk = 4088;

Properties ManyProperties() {
  Properties properties;
  properties.content_type = "application/json";
  properties.content_encoding = "gzip";
  properties.headers = {{"list", {FieldArray{{int64_t{1}}, {std::string("two")}, {3.5}}}},
                        {"table", {FieldTable{{"yes", {true}}, {"raw", {Bytes{"\x01\x02"}}}}}}};
  properties.delivery_mode = 2;
  properties.priority = 9;
  properties.correlation_id = "c";
  properties.message_id = "m-3";
  properties.timestamp = {1700000000};
  return properties;
}

// What the broker says, from the first byte to the last.
std::string Exchange() {
  namespace s = server;
  const Properties properties = ManyProperties();
  std::string all = s::Handshake(100, 4096, 10);
  // Channel 1 publishes, 2 consumes, 3 declares, 4 is closed by the broker in its opening methods.
  all += s::ChannelOpenOk(1) + s::ChannelOpenOk(2) + s::ChannelOpenOk(3) + s::ChannelOpenOk(4);
  all += s::Ok(1, OkMethod::kConfirmSelectOk) + s::DeclareOk(3, "billing", 2, 0);
  all += s::ChannelClosed(4, 404, "NOT_FOUND - no exchange 'missing'");
  all += s::Ok(2, OkMethod::kBasicQosOk) + s::ConsumeOk(2, "t");
  // A delivery and a return interleaved, with what may come in between.
  all += s::DeliverMethod(2, 1, "t") + s::ReturnMethod(1, "orders", "nowhere");
  all += s::Header(1, properties, 5000) + s::Body(1, std::string(2500, 'r'));
  all += s::Header(2, properties, 6) + s::Body(2, "abc") + s::Heartbeat();
  all += s::Body(1, std::string(2500, 'r')) + s::Ack(1, 2) + s::Body(2, "def");
  all += s::Ack(1, 1, true) + s::Nack(1, 3);
  all += s::Blocked("low on memory") + s::Delivery(2, 2, "t", {}, "");
  // A body over the limit, one of several frames, and repeats of a channel.close.
  all += s::Unblocked() + s::Delivery(2, 3, "t", properties, std::string(7001, 'x'), kChunk);
  all += s::ChannelClosed(4, 404, "again") +
         s::Delivery(2, 4, "t", {}, std::string(4500, 'y'), kChunk);
  all += s::Cancel(2, "t") + s::Flow(2, true);
  // Channel 2 is closed from here when its consumer is cancelled; what still comes is skipped.
  all +=
      s::Delivery(2, 5, "t", {}, "late") + s::ChannelClosed(2, 406, "both") + s::ChannelCloseOk(2);
  // It opened number 4 in its place, which the broker takes for its own.
  all += s::ChannelClosed(4, 404, "once more") + s::ChannelOpenOk(4) + s::DeleteOk(4, 8);
  all += s::ConnectionClosed(320, "CONNECTION_FORCED");
  return all;
}

// A client that answers what comes, and its connection.
class Client {
 public:
  Client() : rig_(Options()) {
    rig_.then = [this](const std::string& line) {
      if (line.find("ready") == 0) OnReady();
    };
  }

  void Hear(std::string_view bytes) { rig_.Say(bytes); }
  Lines Log() { return rig_.Log(); }
  std::string Written() { return rig_.Written(); }
  // The bodies and properties of everything that was delivered.
  std::string Deliveries() const {
    std::string all;
    for (const IncomingDelivery& delivery : consumer_->deliveries) {
      all += delivery.body + "/" + delivery.properties.message_id + "/" +
             (delivery.properties == ManyProperties() ? "many" : "none") + "\n";
    }
    return all;
  }

 private:
  static Connection::Options Options() {
    Connection::Options options = Rig::DefaultOptions();
    options.max_body_bytes = 7000;
    return options;
  }

  void OnReady() {
    publisher_ = &rig_.Open(false);
    consumer_ = &rig_.Open(false);
    ChannelRecorder& topology = rig_.Open(false);
    ChannelRecorder& doomed = rig_.Open(false);
    publisher_->channel->ConfirmSelect(publisher_->Log("select"));
    for (int i = 0; i < 3; ++i) publisher_->channel->Publish(Message("orders", "k", 5000, "m"));
    consumer_->channel->Qos(10, consumer_->Log("qos"));
    ConsumeArgs consume;
    consume.queue = "billing";
    consume.consumer_tag = "t";
    consumer_->channel->Consume(consume, consumer_->Log("consume"));
    QueueArgs queue;
    queue.name = "billing";
    topology.channel->DeclareQueue(queue, topology.Log("declare"));
    ExchangeArgs exchange;
    exchange.name = "missing";
    exchange.passive = true;
    doomed.channel->DeclareExchange(exchange, doomed.Log("check"));
    consumer_->then = [this](const std::string& line) { OnConsumerLine(line); };
  }

  void OnConsumerLine(const std::string& line) {
    if (line.find("delivery") == 0) {
      consumer_->channel->Ack(consumer_->deliveries.back().tag, false);
    } else if (line.find("oversized") == 0) {
      consumer_->channel->Reject(3, false);
    } else if (line.find("cancelled") == 0) {
      consumer_->channel->Close();
      ChannelRecorder& next = rig_.Open(false);
      next.channel->DeleteQueue("billing", false, false, next.Log("delete"));
    }
  }

  Rig rig_;
  ChannelRecorder* publisher_ = nullptr;
  ChannelRecorder* consumer_ = nullptr;
};

TEST_CASE("the recorded exchange is what this test believes it to be") {
  Client client;
  client.Hear(Exchange());
  CHECK(client.Log() ==
        Lines{"ready RabbitMQ 3.10.8",
              "ch1 select ok",
              "ch3 declare ok billing 2 0",
              "ch4 check failed closed-by-broker 404 NOT_FOUND - no exchange 'missing'",
              "ch4 closed closed-by-broker 404 NOT_FOUND - no exchange 'missing'",
              "ch2 qos ok",
              "ch2 consume ok",
              "ch1 return 312 NO_ROUTE orders/nowhere m-3",
              "ch1 confirm 2 acked",
              "ch2 delivery 1 t orders/order.created redelivered 6",
              "ch1 confirm 1 multiple acked",
              "ch1 confirm 3 nacked",
              "blocked low on memory",
              "ch2 delivery 2 t orders/order.created redelivered 0",
              "unblocked",
              "ch2 oversized 3 7001",
              "ch2 delivery 4 t orders/order.created redelivered 4500",
              "ch2 cancelled t",
              "ch4 delete ok",
              "ch1 closed link-lost 320 CONNECTION_FORCED",
              "ch3 closed link-lost 320 CONNECTION_FORCED",
              "ch4 closed link-lost 320 CONNECTION_FORCED",
              "closed closed-by-broker 320 CONNECTION_FORCED"});
  CHECK(client.Deliveries() == "abcdef/m-3/many\n//none\n" + std::string(4500, 'y') + "//none\n");
}

struct Outcome {
  Lines log;
  std::string deliveries;
  std::string written;
  bool operator==(const Outcome&) const = default;
};

// `feed` gives the client the exchange.
Outcome Run(const std::function<void(Client&, std::string_view)>& feed) {
  static const std::string exchange = Exchange();
  Client client;
  feed(client, exchange);
  Outcome outcome;
  outcome.log = client.Log();
  outcome.deliveries = client.Deliveries();
  outcome.written = client.Written();
  return outcome;
}

Outcome Whole() {
  return Run([](Client& client, std::string_view all) { client.Hear(all); });
}

TEST_CASE("a connection that is fed one byte at a time behaves as when it is fed whole") {
  CHECK(Run([](Client& client, std::string_view all) {
          for (const char& byte : all) client.Hear({&byte, 1});
        }) == Whole());
}

TEST_CASE("a connection whose input is cut at any byte behaves as when it is fed whole") {
  const Outcome whole = Whole();
  const size_t size = Exchange().size();
  REQUIRE(size > 5000);
  for (size_t cut = 0; cut <= size; ++cut) {
    const Outcome torn = Run([cut](Client& client, std::string_view all) {
      client.Hear(all.substr(0, cut));
      client.Hear(all.substr(cut));
    });
    if (!(torn == whole)) FAIL("another outcome when cut at byte " << cut);
  }
}

TEST_CASE("writing in between changes nothing of what is heard") {
  const Outcome whole = Whole();
  for (const size_t step : {1u, 2u, 3u, 7u, 8u, 13u, 100u, 4096u}) {
    const Outcome torn = Run([step](Client& client, std::string_view all) {
      for (size_t at = 0; at < all.size(); at += step) {
        client.Hear(all.substr(at, step));
        client.Written();
      }
    });
    CHECK(torn.log == whole.log);
    CHECK(torn.deliveries == whole.deliveries);
  }
}

TEST_CASE("a connection that is cut off at any byte ends, and each channel with it, once") {
  const std::string exchange = Exchange();
  for (size_t cut = 0; cut < exchange.size(); ++cut) {
    Rig rig;
    rig.then = [&](const std::string& line) {
      if (line.find("ready") != 0) return;
      for (int i = 0; i < 4; ++i) rig.Open(false);
    };
    rig.Say(std::string_view(exchange).substr(0, cut));
    rig.connection->PipeClosed("cut");
    int ends = 0;
    const Lines log = rig.Log();
    for (const std::string& line : log) {
      if (line.find("closed ") == 0) ++ends;
    }
    if (ends != 1 || rig.connection->channels_open() != 0 || rig.connection->HasOutput()) {
      // The client of this test does not ask what the exchange answers: it may end before the cut.
      const bool said_goodbye = log.back().find("closed protocol-error") == 0;
      if (ends != 1 || !said_goodbye) FAIL("not one end when cut at byte " << cut);
    }
  }
}

}  // namespace
}  // namespace amqp_sidecar::amqp
