#include "json/schema.h"

#include <utility>

#include "json/evaluation.h"
#include "json/schema_compiler.h"
#include "json/schema_store.h"

namespace amqp_sidecar::json {
namespace {

absl::StatusOr<Schema> CompileAt(SchemaStore& store, const absl::StatusOr<Location>& root,
                                 const Schema::Options& options) {
  if (!root.ok()) return root.status();
  auto program = SchemaCompiler(store, options).Compile(*root);
  if (!program.ok()) return program.status();
  return Schema(*std::move(program));
}

}  // namespace

std::vector<std::string> Schema::Check(const Document& document, size_t most) const {
  return Evaluation(*program_, document, most).Run();
}

class SchemaFolder::Impl {
 public:
  Impl(std::string folder, std::string base) : store(std::move(folder), std::move(base)) {}

  SchemaStore store;
};

SchemaFolder::SchemaFolder(std::string folder, std::string base)
    : impl_(std::make_unique<Impl>(std::move(folder), std::move(base))) {}

SchemaFolder::~SchemaFolder() = default;

absl::StatusOr<Schema> SchemaFolder::Load(const std::string& file, const Schema::Options& options) {
  return CompileAt(impl_->store, impl_->store.Open(file, options.draft), options);
}

absl::StatusOr<Schema> SchemaFolder::Compile(const std::string& name, std::string_view text,
                                             const Schema::Options& options) {
  return CompileAt(impl_->store, impl_->store.Add(name, text, options.draft), options);
}

}  // namespace amqp_sidecar::json
