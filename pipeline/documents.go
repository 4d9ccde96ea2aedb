package pipeline

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/consolidate"
	"lianheti/stages/dossier"
	"lianheti/stages/table"
	"lianheti/templates"
)

// writeDocuments writes the drafts below dir anew, and at last the index of all else that is there.
func writeDocuments(dir string, in consolidate.Input) error {
	d := dossier.Input{Round: in.Round, Standing: in.Standing, Select: in.Select, Date: in.Date, DataRoot: in.DataRoot}
	if err := os.RemoveAll(filepath.Join(dir, in.Definition.Documents.Folder)); err != nil {
		return err
	}
	for _, index := range []bool{false, true} {
		if index {
			outputs, err := publish.Outputs(dir)
			if err != nil {
				return err
			}
			d.Outputs = table.Each(outputs, func(o publish.Output) [2]string { return [2]string{o.Path, o.SHA256} })
		}
		files, err := dossier.Write(d)
		if err != nil {
			return err
		}
		for name, data := range files {
			if err := write(filepath.Join(dir, filepath.FromSlash(path.Clean(name))), data); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a file, and makes the folders that it lies in.
func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// List is 地市报送汇总表: what was checked, of each accepted workbook a row, for a prefecture's own letter.
func List(d *templates.Definition, r *Checked) (map[string][]byte, error) {
	var rows []map[string]string
	cities := map[string]bool{}
	for _, f := range r.Files {
		if x := f.Submission; x != nil {
			cities[strings.TrimSuffix(x.City, "市")] = true
			row := map[string]string{"consortium": x.Consortium, "edition": "", "check_code": x.CheckCode,
				"verdict": string(x.Verdict)}
			if x.Edition != nil {
				row["edition"] = fmt.Sprint(*x.Edition)
			}
			rows = append(rows, row)
		}
	}
	city := "　　　　" // of several, or none: by hand
	for name := range cities {
		if _, known := d.Directory.CityByName(name); known && len(cities) == 1 {
			city = name
		}
	}
	return dossier.List(d, city, rows)
}
