#include "bench/heap_meter.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace amqp_sidecar::bench {
namespace {

std::atomic<size_t> allocations = 0;
std::atomic<size_t> bytes = 0;
std::atomic<size_t> peak = 0;

void* Noted(void* block) {
  if (block == nullptr) return nullptr;
  allocations.fetch_add(1, std::memory_order_relaxed);
  const size_t size = malloc_usable_size(block);
  const size_t now = bytes.fetch_add(size, std::memory_order_relaxed) + size;
  size_t most = peak.load(std::memory_order_relaxed);
  while (now > most && !peak.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
  return block;
}

void* OrThrow(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void GiveBack(void* block) {
  if (block == nullptr) return;
  bytes.fetch_sub(malloc_usable_size(block), std::memory_order_relaxed);
  std::free(block);
}

size_t RoundedUp(size_t size, std::align_val_t alignment) {
  const auto step = static_cast<size_t>(alignment);
  return (size + step - 1) / step * step;
}

}  // namespace

size_t HeapMeter::Allocations() { return allocations; }
size_t HeapMeter::Bytes() { return bytes; }
size_t HeapMeter::PeakBytes() { return peak; }
void HeapMeter::ResetPeak() { peak = bytes.load(); }

}  // namespace amqp_sidecar::bench

// The forms that the standard library's others call.
namespace bench = amqp_sidecar::bench;

void* operator new(size_t size) { return bench::OrThrow(bench::Noted(std::malloc(size))); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return bench::Noted(std::malloc(size));
}
void* operator new(size_t size, std::align_val_t alignment) {
  return bench::OrThrow(bench::Noted(
      std::aligned_alloc(static_cast<size_t>(alignment), bench::RoundedUp(size, alignment))));
}
void operator delete(void* block) noexcept { bench::GiveBack(block); }
void operator delete(void* block, size_t) noexcept { bench::GiveBack(block); }
void operator delete(void* block, std::align_val_t) noexcept { bench::GiveBack(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { bench::GiveBack(block); }
