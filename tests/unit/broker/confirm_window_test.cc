#include "broker/confirm_window.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <random>
#include <vector>

#include "broker/pending_publish.h"
#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

// What a confirm reported, by position in `publishes`.
struct Done {
  size_t publish;
  bool returned;
  bool operator==(const Done&) const = default;
};

class Window {
 public:
  explicit Window(size_t count) : publishes_(count) {
    for (size_t i = 0; i < count; ++i) window_.Add(&publishes_[i], i / 2);
  }

  std::vector<Done> Confirm(uint64_t tag, bool multiple) {
    std::vector<Done> done;
    known_ = window_.Confirm(tag, multiple, [&](PendingPublish* publish, bool returned) {
      done.push_back({static_cast<size_t>(publish - publishes_.data()), returned});
    });
    return done;
  }

  ConfirmWindow& operator*() { return window_; }
  ConfirmWindow* operator->() { return &window_; }
  PendingPublish* At(size_t i) { return &publishes_[i]; }
  bool known() const { return known_; }

 private:
  std::vector<PendingPublish> publishes_;
  ConfirmWindow window_;
  bool known_ = false;
};

TEST_CASE("confirms out of order and multiple reach each publish once") {
  Window window(8);
  CHECK(window.Confirm(2, false) == std::vector<Done>{{1, false}});
  CHECK(window.Confirm(4, false) == std::vector<Done>{{3, false}});
  CHECK(window.Confirm(2, false).empty());
  CHECK(window.Confirm(5, true) == std::vector<Done>{{0, false}, {2, false}, {4, false}});
  CHECK(window->open() == 3);
  CHECK(window.Confirm(0, true) == std::vector<Done>{{5, false}, {6, false}, {7, false}});
  CHECK(window->open() == 0);
  CHECK(window.Confirm(3, false).empty());
  CHECK(window.known());
}

TEST_CASE("a confirm of a tag that was never given out is told") {
  Window window(2);
  CHECK(window.Confirm(3, true).empty());
  CHECK_FALSE(window.known());
  CHECK(window->open() == 2);
}

TEST_CASE("a return belongs to the oldest open publish with its key") {
  Window window(6);  // keys 0 0 1 1 2 2
  CHECK(window->MarkReturned(1));
  CHECK(window->MarkReturned(1));
  CHECK_FALSE(window->MarkReturned(1));
  CHECK(window.Confirm(6, true) ==
        std::vector<Done>{{0, false}, {1, false}, {2, true}, {3, true}, {4, false}, {5, false}});
}

TEST_CASE("a return is not matched with a publish that is confirmed already") {
  Window window(4);
  window.Confirm(1, false);
  CHECK(window->MarkReturned(0));
  CHECK(window.Confirm(2, false) == std::vector<Done>{{1, true}});
}

TEST_CASE("a forgotten publish keeps its tag and its return key, and nobody hears of it") {
  Window window(4);
  window->Forget(1);
  CHECK(window->open() == 4);
  CHECK(window->MarkReturned(0));
  CHECK(window.Confirm(2, true) == std::vector<Done>{{1, false}});
}

TEST_CASE("publishes that were not written are taken back with their tags") {
  Window window(4);
  window->Forget(4);
  const auto dropped = window->DropLast(2);
  CHECK(dropped == std::vector<PendingPublish*>{window.At(2), nullptr});
  CHECK(window->next_tag() == 3);
  window->Add(window.At(3), 7);
  CHECK(window.Confirm(3, false) == std::vector<Done>{{3, false}});
}

TEST_CASE("when the channel is gone what is live comes back in order and the tags begin anew") {
  Window window(4);
  window.Confirm(2, false);
  window->Forget(3);
  CHECK(window->TakeAll() == std::vector<PendingPublish*>{window.At(0), window.At(3)});
  CHECK(window->open() == 0);
  CHECK(window->next_tag() == 1);
}

// The window as anybody would write it, by tag.
struct Plain {
  struct One {
    uint64_t key;
    bool returned = false;
  };
  bool Holds(uint64_t key) const {
    return std::any_of(open.begin(), open.end(),
                       [&](const auto& o) { return o.second.key == key; });
  }
  bool MarkReturned(uint64_t key) {
    for (auto& [tag, one] : open) {
      if (one.key == key && !one.returned) return one.returned = true;
    }
    return false;
  }
  std::map<uint64_t, One> open;
  uint64_t next_tag = 1;
};

TEST_CASE("a window of any size and history answers as a plain list would") {
  std::mt19937 random(7);
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  ConfirmWindow window;
  Plain plain;
  std::deque<PendingPublish> publishes;
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t key = below(400);
    INFO("step " << step << ", key " << key);
    REQUIRE(window.Holds(key) == plain.Holds(key));
    REQUIRE(window.open() == plain.open.size());
    REQUIRE(window.next_tag() == plain.next_tag);
    // In long runs more is added than confirmed, then the other way round.
    const size_t action = below(step / 1000 % 2 == 0 ? 8 : 16);
    if (action < 5) {
      window.Add(&publishes.emplace_back(), key);
      plain.open.emplace(plain.next_tag++, Plain::One{key});
    } else if (action == 5) {
      REQUIRE(window.MarkReturned(key) == plain.MarkReturned(key));
    } else if (action == 6 && !plain.open.empty() &&
               plain.open.rbegin()->first + 1 == plain.next_tag) {
      REQUIRE(window.DropLast(1).size() == 1);
      plain.open.erase(--plain.next_tag);
    } else if (!plain.open.empty()) {
      const bool multiple = below(20) == 0;
      auto at = plain.open.begin();
      std::advance(at, below(plain.open.size()));
      std::vector<bool> expected;
      std::vector<bool> returned;
      const uint64_t tag = at->first;
      const auto first = multiple ? plain.open.begin() : at;
      for (auto one = first; one != std::next(at); ++one) expected.push_back(one->second.returned);
      plain.open.erase(first, std::next(at));
      REQUIRE(window.Confirm(tag, multiple, [&](PendingPublish*, bool was_returned) {
        returned.push_back(was_returned);
      }));
      REQUIRE(returned == expected);
    }
  }
}

}  // namespace
}  // namespace amqp_sidecar::broker
