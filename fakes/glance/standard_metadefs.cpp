// As Glance 25.1 (Debian 12) answers after `glance-manage db_load_metadefs`:
// `curl -H "X-Auth-Token: $T" $GLANCE/v2/metadefs/namespaces/OS::Compute::TPM`, without times.

#include "glance/standard_metadefs.h"

namespace vtpmlab::fakes::glance {

const std::string_view standard_metadefs_text = R"json([
{
 "namespace": "OS::Compute::VTPM",
 "display_name": "Emulated Virtual TPM",
 "description": "Configuration options for Emulated Virtual TPM",
 "visibility": "public",
 "protected": true,
 "owner": "admin",
 "resource_type_associations": [
  {"name": "OS::Nova::Flavor", "prefix": "traits:"},
  {"name": "OS::Glance::Image", "prefix": "traits:"}],
 "properties": {
  "COMPUTE_SECURITY_TPM_1_2": {
   "title": "Virtual TPM Version 1.2 Support",
   "description": "Enables virtual TPM version 1.2.",
   "type": "string",
   "enum": ["required"],
   "default": "required"},
  "COMPUTE_SECURITY_TPM_2_0": {
   "title": "Virtual TPM Version 2.0 Support",
   "description": "Enables virtual TPM version 2.0.",
   "type": "string",
   "enum": ["required"],
   "default": "required"}}
},
{
 "namespace": "OS::Compute::TPM",
 "display_name": "TPM Options",
 "description": "Configuration options for TPM",
 "visibility": "public",
 "protected": true,
 "owner": "admin",
 "resource_type_associations": [
  {"name": "OS::Nova::Flavor", "prefix": "hw:"},
  {"name": "OS::Glance::Image", "prefix": "hw_"}],
 "properties": {
  "tpm_model": {
   "title": "TPM model",
   "description": "TPM model to use. Option CRB is only valid for TPM version 2.0. Defaults to TIS.",
   "type": "string",
   "operators": ["<or>"],
   "enum": ["TIS", "CRB"],
   "default": "TIS"}}
}
])json";

} // namespace vtpmlab::fakes::glance
