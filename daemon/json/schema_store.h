// SchemaStore: the schema files that are known, those of one folder among them, and what a
// reference from one to another means. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "json/schema_file.h"

namespace amqp_sidecar::json {

class SchemaStore {
 public:
  SchemaStore(std::string folder, std::string base)
      : folder_(std::move(folder)), base_(std::move(base)) {}

  // Errors: INVALID_ARGUMENT, one line that begins with the file's name. Each file is read once.
  // `draft` is that of schemas, this one and those that it refers to, which do not say: not that of
  // whoever refers to them first.
  absl::StatusOr<Location> Open(const std::string& file, Draft draft);
  absl::StatusOr<Location> Add(const std::string& name, std::string_view text, Draft draft);

  struct Target {
    std::shared_ptr<const SchemaFile> file;
    uint32_t index = 0;
    const SchemaResource* resource = nullptr;
    std::string anchor;  // where the reference names one
  };
  // What `reference` means in a schema of `resource`. Errors: INVALID_ARGUMENT, for use behind the
  // place of the reference.
  absl::StatusOr<Target> Resolve(const SchemaResource& resource, std::string_view reference);

  std::shared_ptr<const SchemaFile> Owner(const SchemaFile* file) const;

 private:
  struct Known {
    std::shared_ptr<const SchemaFile> file;
    const SchemaResource* resource;
    bool is_searched = false;  // nobody named its file: all files were read
    std::string twice;         // what else has its URI, for an error
  };

  absl::StatusOr<std::shared_ptr<const SchemaFile>> ReadFile(const std::string& file);
  absl::Status Register(const std::shared_ptr<const SchemaFile>& file);
  absl::StatusOr<Known> FindResource(const std::string& uri);
  absl::Status ReadAll();

  const std::string folder_;
  const std::string base_;
  Draft default_draft_ = Draft::k202012;
  std::map<std::string, std::shared_ptr<const SchemaFile>> files_;  // by their path, without links
  std::vector<std::shared_ptr<const SchemaFile>> all_;
  std::map<std::string, Known> resources_;  // by their URI
  bool read_all_ = false;
  bool reading_all_ = false;
  std::string unreadable_;  // why the first file that was no schema is not known
};

}  // namespace amqp_sidecar::json
