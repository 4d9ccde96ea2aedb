package pipeline

import (
	"os"
	"path"
	"path/filepath"

	"lianheti/pipeline/publish"
	"lianheti/stages/consolidate"
	"lianheti/stages/dossier"
)

// writeDocuments writes the drafts below dir, and at last the index of all that is there beside itself and the manifest. What an earlier
// call wrote there is written anew.
func writeDocuments(dir string, in consolidate.Input) error {
	d := dossier.Input{Round: in.Round, Standing: in.Standing, Select: in.Select, Date: in.Date, DataRoot: in.DataRoot}
	if in.Definition.Documents != nil {
		if err := os.RemoveAll(filepath.Join(dir, in.Definition.Documents.Folder)); err != nil {
			return err
		}
	}
	for _, index := range []bool{false, true} {
		if index {
			there, err := publish.Outputs(dir)
			if err != nil {
				return err
			}
			d.Outputs = [][2]string{}
			for _, o := range there {
				d.Outputs = append(d.Outputs, [2]string{o.Path, o.SHA256})
			}
		}
		files, err := dossier.Write(d)
		if err != nil {
			return err
		}
		for name, data := range files {
			to := filepath.Join(dir, filepath.FromSlash(path.Clean(name)))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(to, data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
