#include "broker/publish_deadlines.h"

#include <functional>
#include <list>
#include <vector>

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

using std::chrono::milliseconds;

class Deadlines {
 public:
  PendingPublish& Add(base::Duration in) {
    PendingPublish& publish = all_.emplace_back();
    publish.id = all_.size();
    publish.deadline = reactor_.Now() + in;
    deadlines_.Add(publish);
    return publish;
  }
  void Remove(PendingPublish& publish) { deadlines_.Remove(publish); }
  void Advance(base::Duration by) { reactor_.Advance(by); }
  int rounds() const { return rounds_; }
  const std::vector<uint64_t>& due() const { return due_; }
  void OnDue(std::function<void(PendingPublish&)> also) { also_ = std::move(also); }

 private:
  ManualReactor reactor_;
  std::vector<uint64_t> due_;
  int rounds_ = 0;
  std::function<void(PendingPublish&)> also_;
  std::list<PendingPublish> all_;
  PublishDeadlines deadlines_{reactor_,
                              [this](PendingPublish& publish) {
                                due_.push_back(publish.id);
                                if (also_) also_(publish);
                              },
                              [this] { ++rounds_; }};
};

TEST_CASE("publishes are due at their deadlines, those of one in the order in which they came") {
  Deadlines deadlines;
  deadlines.Add(milliseconds(20));
  deadlines.Add(milliseconds(10));
  deadlines.Add(milliseconds(20));
  deadlines.Add(milliseconds(20));
  deadlines.Advance(milliseconds(9));
  CHECK(deadlines.due().empty());
  deadlines.Advance(milliseconds(1));
  CHECK(deadlines.due() == std::vector<uint64_t>{2});
  deadlines.Advance(milliseconds(10));
  CHECK(deadlines.due() == std::vector<uint64_t>{2, 1, 3, 4});
  CHECK(deadlines.rounds() == 2);
}

TEST_CASE("a publish that was removed is not due, wherever it stood among its equals") {
  for (const size_t gone : {size_t{0}, size_t{1}, size_t{2}}) {
    Deadlines deadlines;
    std::vector<PendingPublish*> publishes;
    for (int i = 0; i < 3; ++i) publishes.push_back(&deadlines.Add(milliseconds(10)));
    deadlines.Remove(*publishes[gone]);
    deadlines.Remove(*publishes[gone]);
    deadlines.Add(milliseconds(10));
    deadlines.Advance(milliseconds(10));
    std::vector<uint64_t> expected = {1, 2, 3, 4};
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(gone));
    CHECK(deadlines.due() == expected);
  }
}

TEST_CASE("what is due may remove its equals and add others") {
  Deadlines deadlines;
  deadlines.Add(milliseconds(10));
  PendingPublish& second = deadlines.Add(milliseconds(10));
  deadlines.OnDue([&](PendingPublish& publish) {
    if (publish.id != 1) return;
    deadlines.Remove(second);
    deadlines.Add(milliseconds(5));
  });
  deadlines.Advance(milliseconds(10));
  CHECK(deadlines.due() == std::vector<uint64_t>{1});
  deadlines.Advance(milliseconds(5));
  CHECK(deadlines.due() == std::vector<uint64_t>{1, 3});
}

}  // namespace
}  // namespace amqp_sidecar::broker
