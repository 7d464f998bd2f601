#include "json/schema_store.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "json/json_pointer.h"
#include "json/uri.h"

namespace amqp_sidecar::json {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFileBytes = 4u << 20;
constexpr size_t kMaxFiles = 10'000;

absl::Status Fail(const std::string& what) { return absl::InvalidArgumentError(what); }

struct Path {
  std::string name;  // within the folder
  std::string real;  // where the links on the way are followed
};

// Below `folder`, also where links are followed; else nothing.
std::optional<Path> PathWithin(const fs::path& folder, const fs::path& file) {
  std::error_code error;
  const fs::path real_folder = fs::weakly_canonical(folder, error);
  if (error) return std::nullopt;
  const fs::path path = file.is_absolute() ? file : real_folder / file;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error) return std::nullopt;
  const auto is_below = [&real_folder](const fs::path& below) {
    const fs::path relative = below.lexically_relative(real_folder);
    return !relative.empty() && *relative.begin() != "..";
  };
  const fs::path plain = path.lexically_normal();
  if (!is_below(real)) return std::nullopt;
  const fs::path name = (is_below(plain) ? plain : real).lexically_relative(real_folder);
  return Path{name.generic_string(), real.generic_string()};
}

// RFC 6901 §4, from the value at `from`.
std::optional<uint32_t> Follow(const SchemaFile& file, uint32_t from, std::string_view pointer) {
  const Document& document = file.document();
  const auto words = SplitPointer(pointer);
  if (!words) return std::nullopt;
  uint32_t at = from;
  for (const std::string& word : *words) {
    std::optional<uint32_t> next;
    const auto index = IndexFrom(word);
    if (document[at].type == Type::kObject) next = file.Find(at, word);
    if (document[at].type == Type::kArray && index) next = document.Element(at, *index);
    if (!next) return std::nullopt;
    at = *next;
  }
  return at;
}

}  // namespace

absl::StatusOr<Location> SchemaStore::Open(const std::string& file, Draft draft) {
  default_draft_ = draft;
  auto read = ReadFile(file);
  if (!read.ok()) return read.status();
  return Location{read->get(), 0};
}

absl::StatusOr<Location> SchemaStore::Add(const std::string& name, std::string_view text,
                                          Draft draft) {
  default_draft_ = draft;
  std::string error;
  const auto file = SchemaFile::Read(
      {name, base::Concat("schema:/", PercentEncodedPath(name)), std::string(text), draft}, error);
  if (file == nullptr) return Fail(error);
  if (const absl::Status status = Register(file); !status.ok()) return status;
  return Location{file.get(), 0};
}

std::shared_ptr<const SchemaFile> SchemaStore::Owner(const SchemaFile* file) const {
  const auto found = std::ranges::find_if(all_, [file](const auto& a) { return a.get() == file; });
  return found == all_.end() ? nullptr : *found;
}

absl::StatusOr<std::shared_ptr<const SchemaFile>> SchemaStore::ReadFile(const std::string& file) {
  const auto path = PathWithin(folder_, file);
  if (!path) {
    return Fail(base::Concat(file, ": is not in the folder of schemas, ", folder_));
  }
  if (const auto known = files_.find(path->real); known != files_.end()) return known->second;
  auto text = base::ReadRegularFile(path->real, kMaxFileBytes);
  if (!text.ok()) return Fail(base::Concat(path->name, ": ", std::string(text.status().message())));
  std::string error;
  auto read = SchemaFile::Read({path->name, base::Concat(base_, PercentEncodedPath(path->name)),
                                *std::move(text), default_draft_},
                               error);
  if (read == nullptr) return Fail(error);
  if (const absl::Status status = Register(read); !status.ok()) return status;
  files_[path->real] = read;
  return read;
}

absl::Status SchemaStore::Register(const std::shared_ptr<const SchemaFile>& file) {
  std::map<std::string, Known> own;
  for (const auto& resource : file->resources()) {
    const auto [same, is_new] =
        own.try_emplace(resource->uri, Known{file, resource.get(), reading_all_, ""});
    const auto known = resources_.find(resource->uri);
    if (is_new && known == resources_.end()) continue;
    Known& other = is_new ? known->second : same->second;
    other.twice = base::Concat(file->Describe(resource->root), ": its URI ", resource->uri,
                               " is also that of ", other.file->Describe(other.resource->root));
    return Fail(other.twice);
  }
  resources_.merge(own);
  all_.push_back(file);
  return absl::OkStatus();
}

absl::StatusOr<SchemaStore::Known> SchemaStore::FindResource(const std::string& uri) {
  const auto known = [&]() -> std::optional<absl::StatusOr<Known>> {
    const auto found = resources_.find(uri);
    if (found == resources_.end()) return std::nullopt;
    if (found->second.is_searched && !found->second.twice.empty()) return Fail(found->second.twice);
    return found->second;
  };
  if (const auto found = known()) return *found;
  if (uri.starts_with(base_)) {
    const auto path = PercentDecoded(std::string_view(uri).substr(base_.size()));
    if (!path) return Fail("is no URI");
    const auto read = ReadFile(*path);
    if (!read.ok()) return read.status();
    return Known{*read, (*read)->resources()[0].get(), false, ""};
  }
  if (const absl::Status status = ReadAll(); !status.ok()) return status;
  if (const auto found = known()) return *found;
  return Fail(base::Concat("no schema in ", folder_, " has the $id ", uri,
                           ", and what is elsewhere is not fetched",
                           unreadable_.empty() ? "" : "; not read: ", unreadable_));
}

// For their $id. Files that are no schemas lie in such folders, too.
absl::Status SchemaStore::ReadAll() {
  if (std::exchange(read_all_, true)) return absl::OkStatus();
  std::error_code error;
  std::vector<std::string> paths;
  size_t seen = 0;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder_, kOptions, error), end; !error && at != end;
       at.increment(error)) {
    if (++seen > kMaxFiles) {
      return Fail(base::Concat(folder_, " holds more than ", kMaxFiles,
                               " files: set validation.schema_dir to a folder of schemas"));
    }
    if (at->path().extension() == ".json") {
      paths.push_back(at->path().lexically_relative(folder_).generic_string());
    }
  }
  if (error) return Fail(base::Concat(folder_, ": ", error.message()));
  std::ranges::sort(paths);
  reading_all_ = true;
  for (const std::string& path : paths) {
    const auto read = ReadFile(path);
    if (!read.ok() && unreadable_.empty()) unreadable_ = std::string(read.status().message());
  }
  reading_all_ = false;
  return absl::OkStatus();
}

absl::StatusOr<SchemaStore::Target> SchemaStore::Resolve(const SchemaResource& resource,
                                                         std::string_view reference) {
  const auto parts = SplitFragment(ResolveUri(resource.uri, reference));
  if (!parts) return Fail("is no URI");
  const auto known = FindResource(parts->uri);
  if (!known.ok()) return known.status();
  const SchemaResource& named = *known->resource;
  Target target{known->file, named.root, &named, ""};
  const std::string& fragment = parts->fragment;
  if (fragment.empty()) return target;
  if (fragment.starts_with('/')) {
    const auto index = Follow(*known->file, named.root, fragment);
    if (!index) {
      return Fail(base::Concat("there is no ", fragment, " in ", known->file->name()));
    }
    target.index = *index;
    target.resource = &known->file->ResourceOf(*index);
    return target;
  }
  const auto anchor = named.anchors.find(fragment);
  if (anchor == named.anchors.end()) {
    return Fail(base::Concat("there is no anchor \"", fragment, "\" in ", known->file->name()));
  }
  target.index = anchor->second;
  target.anchor = fragment;
  return target;
}

}  // namespace amqp_sidecar::json
