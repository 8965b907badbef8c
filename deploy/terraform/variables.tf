variable "namespace" {
  description = "Namespace of Gate. It exists, with the Secret `providers_secret` in it."
  type        = string
  default     = "gate"
}

variable "image" {
  description = "Where you pushed the image that the repository's Dockerfile makes."
  type = object({
    repository = string
    tag        = string
  })
}

variable "client_keys" {
  description = "Name of a client => hash of its key, both as `gate key --name NAME` prints them. Hashes are no secrets."
  type        = map(string)
  validation {
    condition     = alltrue([for hash in values(var.client_keys) : can(regex("^sha256:[0-9a-f]{64}$", hash))])
    error_message = "A hash is sha256: and 64 hex digits."
  }
}

variable "providers_secret" {
  description = "A Secret that you make yourself, with ANTHROPIC_API_KEY and the like, so that no key is in Terraform's state."
  type        = string
  default     = "gate-providers"
}

variable "collector" {
  description = "Where traces go: mode existing or sidecar, the OTLP/HTTP address of the collector or backend, the namespace it is in."
  type = object({
    mode      = optional(string, "existing")
    endpoint  = optional(string, "http://otel-collector.observability.svc:4318")
    namespace = optional(string, "observability")
    port      = optional(number, 4318)
  })
  default = {}
}

variable "prometheus" {
  description = "The Prometheus Operator's objects: the namespace of Prometheus, and the labels it selects by."
  type = object({
    namespace   = optional(string, "monitoring")
    labels      = optional(map(string), {})
    autoscaling = optional(bool, false)
  })
  default = {}
}

variable "grafana" {
  description = "Grafana: whether to put dashboards and data sources there, and the addresses it reaches its sources at. Empty: no such source."
  type = object({
    enabled        = optional(bool, true)
    profile        = optional(string, "1.41")
    prometheus_url = optional(string, "http://prometheus-operated.monitoring.svc:9090")
    tempo_url      = optional(string, "")
    jaeger_url     = optional(string, "")
  })
  default = {}
}

variable "values" {
  description = "More values of the chart (deploy/helm/gate/values.yaml); they win over what is set here."
  type        = any
  default     = {}
}
