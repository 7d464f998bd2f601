#include "app/history.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::app {
namespace {

const char* LinkName(History::Link link) {
  switch (link) {
    case History::Link::kAway:
      return "away";
    case History::Link::kBlocked:
      return "blocked";
    case History::Link::kUp:
      return "up";
  }
  return "";
}

int64_t Milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

History::History(Source source) : source_(std::move(source)) {}

History::~History() { Stop(); }

void History::Start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "history");
    Run();
  });
}

void History::Stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    stop_ = true;
  }
  stop_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void History::Run() {
  base::TimePoint next = std::chrono::steady_clock::now();
  std::unique_lock lock(stop_mutex_);
  while (!stop_) {
    lock.unlock();
    const base::TimePoint now = std::chrono::steady_clock::now();
    Sample(now);
    // On the beat; after a time in which it could not run, on a new one.
    next = std::max(next + kInterval, now + kInterval / 2);
    lock.lock();
    stop_changed_.wait_until(lock, next, [this] { return stop_; });
  }
}

void History::Sample(base::TimePoint now) {
  const Entry entry{now, source_()};
  const base::MutexLock lock(&mutex_);
  while (!entries_.empty() &&
         (entries_.size() >= kMost || now - entries_.front().at >= kMost * kInterval)) {
    entries_.pop_front();
  }
  entries_.push_back(entry);
}

std::string History::Json() const {
  return Json(std::chrono::steady_clock::now(), std::chrono::system_clock::now());
}

std::string History::Json(base::TimePoint now, base::WallTime wall) const {
  std::string json = absl::StrCat(
      R"({"now_ms":)", Milliseconds(wall.time_since_epoch()),
      R"(,"fields":["age_ms","confirmed","unrouted","failed","delivered","settled","in_flight",)",
      R"("unsettled","link"],"samples":[)");
  const base::MutexLock lock(&mutex_);
  const char* separator = "[";
  for (const Entry& entry : entries_) {
    const Figures& figures = entry.figures;
    absl::StrAppend(&json, separator, Milliseconds(now - entry.at));
    for (const uint64_t figure :
         {figures.confirmed, figures.unrouted, figures.failed, figures.delivered, figures.settled,
          figures.in_flight, figures.unsettled}) {
      absl::StrAppend(&json, ",", figure);
    }
    absl::StrAppend(&json, ",\"", LinkName(figures.link), "\"]");
    separator = ",[";
  }
  json += "]}";
  return json;
}

}  // namespace amqp_sidecar::app
