// The keywords of JSON Schema, by what they are about: each function adds to `out` those that the
// schema has. Used while a schema is compiled.
#pragma once

#include "json/schema_object.h"
#include "json/subschema.h"

namespace amqp_sidecar::json {

// Any value: type, enum, const.
void AddValueKeywords(const SchemaObject& schema, Subschema& out);
// maximum, exclusiveMaximum, minimum, exclusiveMinimum, multipleOf
void AddNumberKeywords(const SchemaObject& schema, Subschema& out);
// maxLength, minLength, pattern, format
void AddStringKeywords(const SchemaObject& schema, Subschema& out);
// maxItems, minItems, uniqueItems; items, prefixItems and additionalItems; contains with
// maxContains and minContains
void AddArrayKeywords(const SchemaObject& schema, Subschema& out);
// maxProperties, minProperties, required, dependentRequired, propertyNames; properties,
// patternProperties and additionalProperties; dependentSchemas and dependencies
void AddObjectKeywords(const SchemaObject& schema, Subschema& out);
// allOf, anyOf, oneOf, not; if, then and else
void AddLogicKeywords(const SchemaObject& schema, Subschema& out);
// $ref, $dynamicRef
void AddReferenceKeywords(const SchemaObject& schema, Subschema& out);
// unevaluatedItems, unevaluatedProperties: after all others
void AddUnevaluatedKeywords(const SchemaObject& schema, Subschema& out);

// What does not check anything, but must be what it is meant to be; $defs and definitions.
void CheckOtherKeywords(const SchemaObject& schema);

}  // namespace amqp_sidecar::json
