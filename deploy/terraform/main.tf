resource "kubernetes_namespace_v1" "gate" {
  metadata {
    name = var.namespace
    labels = {
      "pod-security.kubernetes.io/enforce" = "restricted"
    }
  }
}

resource "helm_release" "gate" {
  name      = "gate"
  namespace = kubernetes_namespace_v1.gate.metadata[0].name
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
        namespaces = { "kubernetes.io/metadata.name" = var.collector.namespace }
      }
      monitoring = {
        podMonitor     = true
        prometheusRule = true
        labels         = var.prometheus.labels
      }
      networkPolicy = {
        monitoringNamespaces = { "kubernetes.io/metadata.name" = var.prometheus.namespace }
      }
      autoscaling = {
        enabled = var.prometheus.autoscaling
      }
    }),
    yamlencode(var.values),
  ]
}
