#include "broker/admission.h"

#include <string>
#include <vector>

#include "broker/stream_window.h"
#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A stream, and how often it was told of room.
struct Stream {
  explicit Stream(Admission& of) : admission(of), handle(of.OpenStream([this] { ++told; })) {}

  bool Admit(size_t bytes = 1) { return admission.AdmitStream(handle, bytes); }
  // As many as it may have, up to `most`.
  size_t Fill(size_t most = 1'000'000, size_t bytes = 1) {
    size_t admitted = 0;
    while (admitted < most && Admit(bytes)) ++admitted;
    return admitted;
  }
  void Release(size_t count, size_t bytes = 1, base::Duration age = milliseconds(1)) {
    for (size_t i = 0; i < count; ++i) admission.ReleaseStream(*handle, bytes, age);
  }

  Admission& admission;
  int told = 0;
  Admission::StreamPtr handle;
};

TEST_CASE("calls are refused at the bound on messages, and taken again when one is answered") {
  Admission admission({.messages = 2, .bytes = 1000});
  CHECK(admission.AdmitCall(10));
  CHECK(admission.AdmitCall(10));
  CHECK_FALSE(admission.AdmitCall(10));
  admission.ReleaseCall(10);
  CHECK(admission.AdmitCall(10));
  CHECK(admission.messages() == 2);
  CHECK(admission.bytes() == 20);
}

TEST_CASE("one message may always go, however large, and no second one beside it") {
  Admission admission({.messages = 10, .bytes = 100});
  CHECK(admission.AdmitCall(500));
  CHECK_FALSE(admission.AdmitCall(1));
  admission.ReleaseCall(500);
  CHECK(admission.AdmitCall(1));
}

TEST_CASE("streams leave a quarter of the bounds to calls") {
  Admission admission({.messages = 100, .bytes = 1000});
  Stream stream(admission);
  CHECK(stream.Fill() == 75);
  size_t calls = 0;
  while (admission.AdmitCall(1)) ++calls;
  CHECK(calls == 25);
  stream.Release(75);
  CHECK(stream.Fill(1000, 100) == 7);
  CHECK(admission.bytes() == 725);
}

TEST_CASE("streams share alike: who has more than its part takes no more, who has less does") {
  Admission admission({.messages = 100, .bytes = 1000});
  Stream first(admission);
  Stream second(admission);
  CHECK(first.Fill() == 75);
  CHECK(second.Fill() == 0);
  CHECK(second.told == 0);
  first.Release(1);
  CHECK(second.told == 1);
  CHECK(second.Fill() == 1);
  // The first has 74, and its part is 37 now.
  CHECK_FALSE(first.Admit());
  first.Release(40);
  CHECK(second.Fill() == 36);
  CHECK(first.Fill() == 3);
}

TEST_CASE("streams that wait are told in the order in which they came, one for each room") {
  Admission admission({.messages = 4, .bytes = 1000});
  Stream holder(admission);
  Stream first(admission);
  Stream second(admission);
  CHECK(holder.Fill() == 3);
  CHECK_FALSE(first.Admit());
  CHECK_FALSE(second.Admit());
  holder.Release(1);
  CHECK(first.told == 1);
  CHECK(second.told == 0);
  CHECK(first.Admit());
  holder.Release(1);
  CHECK(second.told == 1);
}

TEST_CASE("a stream that ends while it waits leaves its room to the next") {
  Admission admission({.messages = 4, .bytes = 1000});
  Stream holder(admission);
  Stream first(admission);
  Stream second(admission);
  CHECK(holder.Fill() == 3);
  CHECK_FALSE(first.Admit());
  CHECK_FALSE(second.Admit());
  holder.Release(1);
  REQUIRE(first.told == 1);
  // Told, and gone before it could use it.
  admission.EndWaiting(first.handle);
  CHECK(second.told == 1);
  admission.EndWaiting(second.handle);
  // Nobody waits any more: the parts are as before.
  holder.Release(2);
  CHECK(holder.Fill() == 3);
}

TEST_CASE("a call's end makes room for a stream that waits") {
  Admission admission({.messages = 2, .bytes = 1000});
  Stream stream(admission);
  CHECK(admission.AdmitCall(1));
  CHECK(admission.AdmitCall(1));
  CHECK_FALSE(stream.Admit());
  admission.ReleaseCall(1);
  CHECK(stream.told == 1);
  CHECK(stream.Admit());
}

TEST_CASE("a stream's window holds it back at first, and grows while answers come soon") {
  Admission admission({.messages = 100'000, .bytes = 1'000'000});
  Stream stream(admission);
  CHECK(stream.Fill() == StreamWindow::kFirst);
  stream.Release(StreamWindow::kFirst);
  const size_t grown = stream.Fill();
  CHECK(grown > StreamWindow::kFirst);
  stream.Release(grown);
  CHECK(stream.Fill() > grown);
}

TEST_CASE("a window that is not used up does not grow") {
  StreamWindow window;
  for (int i = 0; i < 10'000; ++i) window.OnAnswer(milliseconds(1));
  CHECK(window.size() == StreamWindow::kFirst);
}

TEST_CASE("a window shrinks where answers come late, once for each window of them") {
  StreamWindow window;
  window.OnAnswer(seconds(1));
  CHECK(window.size() == StreamWindow::kFirst / 2);
  for (size_t i = 1; i < StreamWindow::kFirst; ++i) window.OnAnswer(seconds(1));
  CHECK(window.size() == StreamWindow::kFirst / 2);
  for (int i = 0; i < 10'000; ++i) window.OnAnswer(seconds(1));
  CHECK(window.size() == StreamWindow::kLeast);
}

}  // namespace
}  // namespace amqp_sidecar::broker
