package mlflow

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// speaks is the version this server answers as. Clients ask for what they gate
// by it: from 3.4 on they would send spans to an OpenTelemetry endpoint.
const speaks = "3.3.2"

// serverInfo tells clients before their first artifact that uploads come in one
// piece through this server.
func serverInfo(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]any{
		"store_type":                                   "SqlStore",
		"workspaces_enabled":                           false,
		"trace_archival_enabled":                       false,
		"multipart_uploads_enabled":                    false,
		"multipart_downloads_enabled":                  false,
		"artifact_serving_enabled":                     true,
		"artifacts_presigned_only":                     false,
		"presigned_upload_run_id_supported":            false,
		"presigned_upload_model_id_supported":          false,
		"model_artifact_presigned_downloads_supported": false,
	})
}
