// Publishing: the order of what is written, confirms and returns, what is taken back, and who is
// told when something is written.
#include "amqp/frame.h"
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

TEST_CASE("a publish is a method, a header and a body, mandatory, with tags from 1 on") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  CHECK(ch.channel->Publish(Message("orders", "order.created", 5)) == 1);
  CHECK(ch.channel->Publish(Message("", "billing", 0)) == 2);
  CHECK(rig.Sent() == Lines{"basic.publish 1 orders/order.created mandatory", "header 1 5",
                            "body 1 5", "basic.publish 1 /billing mandatory", "header 1 0"});
}

TEST_CASE("a body is cut into frames of the size that was agreed on") {
  Rig rig;
  rig.MakeReady(10, 4096);
  ChannelRecorder& ch = rig.Open();
  SECTION("one that fits exactly is one frame") {
    ch.channel->Publish(Message("", "q", 4088));
    CHECK(rig.Sent() == Lines{"basic.publish 1 /q mandatory", "header 1 4088", "body 1 4088"});
  }
  SECTION("one byte more makes two") {
    ch.channel->Publish(Message("", "q", 4089));
    CHECK(rig.Sent() ==
          Lines{"basic.publish 1 /q mandatory", "header 1 4089", "body 1 4088", "body 1 1"});
  }
  SECTION("a multiple has no empty frame at its end") {
    ch.channel->Publish(Message("", "q", 8176));
    CHECK(rig.Sent() ==
          Lines{"basic.publish 1 /q mandatory", "header 1 8176", "body 1 4088", "body 1 4088"});
  }
}

TEST_CASE("the body that arrives is the body that was given, small or large") {
  for (const size_t size : {1u, 1023u, 1024u, 1025u, 4088u, 4089u, 20000u}) {
    Rig rig;
    rig.MakeReady(10, 4096);
    ChannelRecorder& ch = rig.Open();
    const EncodedPublish message = Message("", "q", size);
    ch.channel->Publish(message);
    const std::string written = rig.Written();
    FrameReader reader;
    reader.Feed(written);
    std::string body;
    Frame frame;
    while (reader.Next(frame) == FrameReader::Result::kFrame) {
      if (frame.type == FrameType::kBody) body += frame.payload;
    }
    CHECK(body == *message.body);
  }
}

TEST_CASE("properties too large for this connection's frames are not queued, and tags go on") {
  Rig rig;
  rig.MakeReady(10, 4096);
  CHECK(rig.connection->frame_max() == 4096);
  ChannelRecorder& ch = rig.Open();
  Properties properties;
  properties.headers = {{"x", {std::string(5000, 'x')}}};
  const EncodedPublish large =
      EncodePublish("", "q", properties, std::make_shared<const std::string>("b")).value();
  CHECK(ch.channel->Publish(large) == 0);
  CHECK_FALSE(rig.connection->HasOutput());
  CHECK(ch.channel->Publish(Message("", "q", 1)) == 1);
}

TEST_CASE("confirms and returns are passed on as they come, a return before its confirm") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  for (int i = 0; i < 5; ++i) ch.channel->Publish(Message("orders", "k", 1));
  rig.Written();
  Properties properties;
  properties.message_id = "m-2";
  rig.Say(server::Return(1, "orders", "k", properties, "b") + server::Ack(1, 2) +
          server::Nack(1, 1) + server::Ack(1, 5, true));
  CHECK(rig.Log() == Lines{"ch1 return 312 NO_ROUTE orders/k m-2", "ch1 confirm 2 acked",
                           "ch1 confirm 1 nacked", "ch1 confirm 5 multiple acked"});
}

TEST_CASE("a confirm of a publish that was never made is a protocol error") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 1));
  rig.Say(server::Ack(1, 2));
  CHECK(rig.Log().back() == "closed protocol-error 503 a confirm of publish 2 where there were 1");
}

TEST_CASE("control frames go ahead of publishes, also of those that are partly out") {
  Rig rig;
  rig.MakeReady(10, 4096);
  ChannelRecorder& publisher = rig.Open();
  ChannelRecorder& consumer = rig.Open();
  publisher.channel->Publish(Message("", "q", 9000));
  publisher.channel->Publish(Message("", "q", 1));
  std::string written = rig.Written(200);  // in the middle of the first body frame
  consumer.channel->Ack(1, false);
  written += rig.Written();
  CHECK(Describe(written) == Lines{"basic.publish 1 /q mandatory", "header 1 9000", "body 1 4088",
                                   "basic.ack 2 1", "body 1 4088", "body 1 824",
                                   "basic.publish 1 /q mandatory", "header 1 1", "body 1 1"});
}

TEST_CASE("a control frame may even part the method of a publish from its header") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& publisher = rig.Open();
  ChannelRecorder& consumer = rig.Open();
  const EncodedPublish message = Message("", "q", 5);
  publisher.channel->Publish(message);
  std::string written = rig.Written(message.header_frame_at);
  consumer.channel->Ack(1, false);
  written += rig.Written();
  CHECK(Describe(written) ==
        Lines{"basic.publish 1 /q mandatory", "basic.ack 2 1", "header 1 5", "body 1 5"});
}

TEST_CASE("a channel whose publish is partly out gets no other frame before its end") {
  Rig rig;
  rig.MakeReady(10, 4096);
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 9000));
  ch.channel->Publish(Message("", "later", 1));
  std::string written = rig.Written(200);
  ch.channel->Ack(1, false);
  written += rig.Written();
  CHECK(Describe(written) == Lines{"basic.publish 1 /q mandatory", "header 1 9000", "body 1 4088",
                                   "body 1 4088", "body 1 824", "basic.ack 1 1",
                                   "basic.publish 1 /later mandatory", "header 1 1", "body 1 1"});
}

TEST_CASE(
    "channel.close-ok is never in the middle of a content, and what is not started is dropped") {
  Rig rig;
  rig.MakeReady(10, 4096);
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 9000));
  ch.channel->Publish(Message("", "dropped", 1));
  std::string written = rig.Written(5000);
  rig.Say(server::ChannelClosed(1, 404, "no"));
  ChannelRecorder& next = rig.Open(false);
  REQUIRE(next.channel->number() == 1);
  next.channel->Publish(Message("", "next", 1));
  written += rig.Written();
  CHECK(Describe(written) == Lines{"basic.publish 1 /q mandatory", "header 1 9000", "body 1 4088",
                                   "body 1 4088", "body 1 824", "channel.close-ok 1",
                                   "channel.open 1", "basic.publish 1 /next mandatory",
                                   "header 1 1", "body 1 1"});
}

TEST_CASE("closing a channel completes the publish that is partly out and drops the others") {
  Rig rig;
  rig.MakeReady(10, 4096);
  ChannelRecorder& ch = rig.Open();
  ChannelRecorder& other = rig.Open();
  ch.channel->Publish(Message("", "q", 5000));
  ch.channel->Publish(Message("", "dropped", 1));
  other.channel->Publish(Message("", "stays", 1));
  std::string written = rig.Written(100);
  ch.channel->Close();
  written += rig.Written();
  CHECK(Describe(written) == Lines{"basic.publish 1 /q mandatory", "header 1 5000", "body 1 4088",
                                   "body 1 912", "channel.close 1 200",
                                   "basic.publish 2 /stays mandatory", "header 2 1", "body 2 1"});
}

TEST_CASE(
    "a connection that ends in the middle of a frame completes the frame before its last word") {
  Rig rig;
  rig.MakeReady(10, 4096);
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 9000));
  ch.channel->Publish(Message("", "q", 1));
  std::string written = rig.Written(200);
  rig.Say(server::ConnectionClosed(320, "shutdown"));
  written += rig.Written();
  CHECK(Describe(written) == Lines{"basic.publish 1 /q mandatory", "header 1 9000", "body 1 4088",
                                   "connection.close-ok"});
}

TEST_CASE("withdrawing takes back what has no byte out, and its tags are given out again") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ChannelRecorder& other = rig.Open();
  ch.channel->Publish(Message("", "q", 5));
  other.channel->Publish(Message("", "other", 5));
  ch.channel->Publish(Message("", "q", 5));
  ch.channel->Publish(Message("", "q", 5));

  SECTION("none is started: all") {
    CHECK(ch.channel->WithdrawUnwritten() == 3);
    CHECK(ch.channel->Publish(Message("", "again", 5)) == 1);
    CHECK(rig.Sent() == Lines{"basic.publish 2 /other mandatory", "header 2 5", "body 2 5",
                              "basic.publish 1 /again mandatory", "header 1 5", "body 1 5"});
  }
  SECTION("one byte of the first is out: the others") {
    rig.Written(1);
    CHECK(ch.channel->WithdrawUnwritten() == 2);
    CHECK(ch.channel->Publish(Message("", "again", 5)) == 2);
  }
  SECTION("all are out: none") {
    rig.Written();
    CHECK(ch.channel->WithdrawUnwritten() == 0);
    CHECK(ch.channel->Publish(Message("", "again", 5)) == 4);
  }
}

TEST_CASE("what had no byte out can be taken back in OnClosed still") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  for (int i = 0; i < 4; ++i) ch.channel->Publish(Message("", "q", 5));
  rig.Written(Message("", "q", 5).bytes() + 8 + 1);  // the first, and a byte of the second
  size_t withdrawn = 0;
  ch.then = [&](const std::string&) { withdrawn = ch.channel->WithdrawUnwritten(); };
  SECTION("when the broker closes the channel") { rig.Say(server::ChannelClosed(1, 404, "no")); }
  SECTION("when the broker closes the connection") {
    rig.Say(server::ConnectionClosed(320, "shutdown"));
  }
  SECTION("when the pipe is gone") { rig.connection->PipeClosed("cut"); }
  SECTION("when the connection was closed here") {
    rig.connection->Close(rig.now);
    CHECK(ch.channel->Publish(Message("", "late", 5)) == 5);
    rig.connection->PipeClosed("cut");
    CHECK(withdrawn == 3);
    return;
  }
  CHECK(withdrawn == 2);
}

// --- Room.

TEST_CASE("the queue of publishes has room up to 256 KiB, and again from half of it on") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  const EncodedPublish message = Message("", "q", 64 << 10);
  for (int i = 0; i < 3; ++i) ch.channel->Publish(message);
  CHECK(rig.connection->PublishQueueHasRoom());
  ch.channel->Publish(message);
  CHECK_FALSE(rig.connection->PublishQueueHasRoom());

  rig.Written(100 << 10);
  CHECK_FALSE(rig.connection->PublishQueueHasRoom());
  CHECK(rig.Log().empty());
  rig.Written(40 << 10);
  CHECK(rig.connection->PublishQueueHasRoom());
  CHECK(rig.Log() == Lines{"room"});
  rig.Written();
  CHECK(rig.Log().empty());
}

TEST_CASE("room that comes from withdrawing is told soon, and not from within the call") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  for (int i = 0; i < 5; ++i) ch.channel->Publish(Message("", "q", 64 << 10));
  REQUIRE_FALSE(rig.connection->PublishQueueHasRoom());
  SECTION("a channel withdraws") { ch.channel->WithdrawUnwritten(); }
  SECTION("a channel closes") { ch.channel->Close(); }
  CHECK(rig.Log().empty());
  CHECK(rig.connection->PublishQueueHasRoom());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log() == Lines{"room"});
}

// --- NotifyWritten.

TEST_CASE("the written barrier waits for every control frame before it, and for no publish") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 5));
  ch.channel->Ack(1, false);
  rig.connection->NotifyWritten([&](bool written) { rig.Add(written ? "written" : "lost"); });
  ch.channel->Ack(2, false);
  const size_t ack_bytes = 21;
  rig.Written(ack_bytes - 1);
  CHECK(rig.Log().empty());
  rig.Written(1);
  CHECK(rig.Log() == Lines{"written"});
}

TEST_CASE("the written barrier waits for control frames that are held back by a content") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  const EncodedPublish message = Message("", "q", 5000);
  ch.channel->Publish(message);
  rig.Written(100);
  ch.channel->Ack(1, false);
  rig.connection->NotifyWritten([&](bool written) { rig.Add(written ? "written" : "lost"); });
  rig.Written(message.bytes() + 8 - 100);  // the content, to its end
  CHECK(rig.Log().empty());
  rig.Written(20);
  CHECK(rig.Log().empty());
  rig.Written(1);
  CHECK(rig.Log() == Lines{"written"});
}

TEST_CASE("a written barrier with nothing before it is told soon, and not from within the call") {
  Rig rig;
  rig.MakeReady();
  rig.connection->NotifyWritten([&](bool written) { rig.Add(written ? "written" : "lost"); });
  CHECK(rig.Log().empty());
  CHECK(rig.connection->NextDeadline() <= rig.now);
  rig.Advance(milliseconds(0));
  CHECK(rig.Log() == Lines{"written"});
}

TEST_CASE("a written barrier is told of the end when the connection ends first") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Ack(1, false);
  rig.connection->NotifyWritten([&](bool written) { rig.Add(written ? "written" : "lost"); });
  rig.connection->PipeClosed("cut");
  CHECK(rig.Log() == Lines{"ch1 closed link-lost 0 cut", "lost", "closed link-lost 0 cut"});
}

TEST_CASE("a settlement that comes after the goodbye is not called written") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  rig.connection->Close(rig.now);
  ch.channel->Ack(1, false);
  rig.connection->NotifyWritten([&](bool written) { rig.Add(written ? "written" : "lost"); });
  rig.Written();
  CHECK(rig.Log().empty());
  rig.Say(server::ConnectionCloseOk());
  CHECK(rig.Log().at(1) == "lost");
}

TEST_CASE("the bytes are the same whatever sizes they are written in") {
  const auto script = [](Rig& rig) {
    rig.MakeReady(10, 4096);
    ChannelRecorder& a = rig.Open();
    ChannelRecorder& b = rig.Open();
    a.channel->Publish(Message("", "first", 9000));
    b.channel->Publish(Message("", "second", 0));
    b.channel->Publish(Message("", "third", 700));
    a.channel->Publish(Message("", "fourth", 4088));
    b.channel->Ack(1, true);
    a.channel->Qos(1, nullptr);
    rig.connection->Close(rig.now);
  };
  Rig whole;
  script(whole);
  const std::string expected = whole.Written();
  for (size_t step = 1; step <= expected.size(); step = step < 300 ? step + 1 : step + 97) {
    Rig rig;
    script(rig);
    std::string written;
    while (rig.connection->HasOutput()) written += rig.Written(step);
    if (written != expected) FAIL("other bytes in steps of " << step);
  }
}

}  // namespace
}  // namespace amqp_sidecar::amqp
