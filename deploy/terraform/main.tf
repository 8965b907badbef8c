# module "gate" {
#   source      = "./gate/deploy/terraform"
#   image       = { repository = "registry.example/gate", tag = "0.1.0" }
#   client_keys = { laptop = "sha256:..." }
#   collector   = { endpoint = "http://otel-collector.observability.svc:4318" }
#   prometheus  = { labels = { release = "kube-prometheus-stack" } }
#   grafana     = { tempo_url = "http://tempo.observability.svc:3200" }
# }
resource "helm_release" "gate" {
  name      = "gate"
  namespace = var.namespace
  chart     = "${path.module}/../helm/gate"
  # A rolling update waits for streams that run on.
  timeout = 1200

  values = [
    yamlencode({
      image           = var.image
      providersSecret = var.providers_secret
      config = {
        keys = {
          clients = [for name, hash in var.client_keys : { name = name, hash = hash }]
        }
      }
      collector = {
        mode       = var.collector.mode
        endpoint   = var.collector.endpoint
        port       = var.collector.port
        namespaces = [{ "kubernetes.io/metadata.name" = var.collector.namespace }]
      }
      monitoring = {
        podMonitor     = true
        prometheusRule = true
        labels         = var.prometheus.labels
      }
      networkPolicy = {
        monitoringNamespaces = [{ "kubernetes.io/metadata.name" = var.prometheus.namespace }]
      }
      autoscaling = {
        enabled = var.prometheus.autoscaling
      }
    }),
    yamlencode(var.values),
  ]
}
