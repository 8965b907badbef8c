# A module without provider blocks: it uses the providers of the configuration that calls it. Every attribute was looked up in
# the documentation of helm 3.1.2 and grafana 4.45.1.
terraform {
  required_version = ">= 1.3"
  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.1"
    }
    grafana = {
      source  = "grafana/grafana"
      version = ">= 4.0"
    }
  }
}
