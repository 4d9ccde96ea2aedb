package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// entry is one file or folder below a results folder. Links, pipes and the like are never opened.
type entry struct {
	Path string // relative, slash separated
	Mode fs.FileMode
}

// kind names the kind of an entry in Chinese; empty for a regular file.
func (e entry) kind() string {
	switch {
	case e.Mode.IsDir():
		return "文件夹"
	case e.Mode&fs.ModeSymlink != 0:
		return "链接"
	case e.Mode&fs.ModeNamedPipe != 0:
		return "管道"
	case !e.Mode.IsRegular():
		return "特殊文件"
	}
	return ""
}

// inventory is the content of a folder together with its manifest.
type inventory struct {
	dir      string
	entries  []entry   // all but the manifest, the marker and system files; ordered by path
	manifest *Manifest // nil: none, or none that is valid
	invalid  error     // why there is no manifest
	listed   map[string]Output
	content  map[string]bool // the sha256 of every listed file
	folders  map[string]bool // folders of listed files
	hashes   map[string]string
}

// readInventory lists a folder. It follows no link and opens no file but the manifest.
func readInventory(dir string) (*inventory, error) {
	inv := &inventory{dir: dir, listed: map[string]Output{}, content: map[string]bool{}, folders: map[string]bool{},
		hashes: map[string]string{}}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("读不到 %s：%w", at, err)
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil || rel == "." || isSystemFile(d) || d.Type().IsRegular() && (rel == ManifestName || rel == markerName) {
			return err
		}
		inv.entries = append(inv.entries, entry{filepath.ToSlash(rel), d.Type()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if inv.manifest, inv.invalid = ReadManifest(dir); inv.manifest != nil {
		for _, o := range inv.manifest.Outputs {
			inv.listed[o.Path], inv.content[o.SHA256] = o, true
			for f := path.Dir(o.Path); f != "."; f = path.Dir(f) {
				inv.folders[f] = true
			}
		}
	}
	return inv, nil
}

// isSystemFile reports whether a file is one that systems and office programs leave behind.
func isSystemFile(d fs.DirEntry) bool {
	if !d.Type().IsRegular() {
		return false
	}
	name := strings.ToLower(d.Name())
	switch name {
	case "thumbs.db", "desktop.ini", ".ds_store":
		return true
	}
	const longestLock = 1 << 10 // bytes; a larger file is no lock file
	info, err := d.Info()
	return err == nil && info.Size() <= longestLock && (strings.HasPrefix(name, "~$") || strings.HasPrefix(name, ".~"))
}

// hash returns the sha256 of a regular file of the folder, and caches it.
func (v *inventory) hash(rel string) (string, error) {
	if sum, ok := v.hashes[rel]; ok {
		return sum, nil
	}
	sum, _, err := hashFile(filepath.Join(v.dir, filepath.FromSlash(rel)))
	if err == nil {
		v.hashes[rel] = sum
	}
	return sum, err
}

// hasContent reports whether an entry is a regular file with this hash.
func (v *inventory) hasContent(e entry, sum string) bool {
	if !e.Mode.IsRegular() {
		return false
	}
	there, err := v.hash(e.Path)
	return err == nil && there == sum
}

// foreign lists the entries that are not ours. A renamed or copied result is ours: its content is in the manifest.
func (v *inventory) foreign() []entry {
	var out []entry
	for _, e := range v.entries {
		_, ok := v.listed[e.Path]
		switch {
		case e.Mode.IsDir():
			ok = v.folders[e.Path]
		case !e.Mode.IsRegular():
			ok = false
		case !ok:
			sum, err := v.hash(e.Path)
			ok = err == nil && v.content[sum]
		}
		if !ok {
			out = append(out, e)
		}
	}
	return out
}

// matchesManifest reports whether the manifest has its own hash or, from earlier versions, lists a file that is here.
func (v *inventory) matchesManifest() bool {
	if v.manifest.Root != "" {
		return true
	}
	for _, e := range v.entries {
		if o, listed := v.listed[e.Path]; listed && v.hasContent(e, o.SHA256) {
			return true
		}
	}
	v.invalid = errors.New("它列出的文件这里一个也没有")
	return false
}

func hashFile(name string) (sum string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, errors.Join(err, f.Close())
}

// keptFolder, beside the results, takes results that somebody changed.
const keptFolder = "留存"

// Kept is a changed result of an earlier run.
type Kept struct {
	Path string // its former path, relative to the results folder
	Now  string // its present path
}

// removeOld removes the old results: unchanged files are deleted, changed ones moved to 留存. The manifest goes last,
// so that the folder is provably ours until it is empty.
func (t *Target) removeOld() error {
	inv, err := checkOwnResult(t.old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range inv.entries {
		if e.Mode.IsDir() {
			continue
		}
		at := filepath.Join(t.old, filepath.FromSlash(e.Path))
		sum, err := inv.hash(e.Path)
		if err != nil {
			return err
		}
		if inv.content[sum] {
			if err := os.Remove(at); err != nil {
				return err
			}
		} else {
			if err := t.keepChanged(at, e.Path, sum); err != nil {
				return err
			}
		}
	}
	return removeLeftovers(t.old)
}

// keepChanged moves a changed result to 留存, under a name that begins with its hash.
func (t *Target) keepChanged(at, rel, sum string) error {
	dir := filepath.Join(t.out, keptFolder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("无法建立 %s：%w", dir, err)
	}
	for digits := 8; digits <= len(sum); digits += 8 {
		to := filepath.Join(dir, sum[:digits]+"-"+path.Base(rel))
		there, _, err := hashFile(to)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = os.Rename(at, to)
		case err == nil && there == sum: // kept by an earlier run
			err = os.Remove(at)
		default:
			continue
		}
		if err == nil {
			t.Kept = append(t.Kept, Kept{rel, to})
		}
		return err
	}
	return fmt.Errorf("%s 里的名称都被占用，%s 没能留存", dir, rel)
}

// removeLeftovers removes system files, the manifest and empty folders of an old result; anything else makes it fail.
func removeLeftovers(dir string) error {
	var folders []string
	if err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			folders = append(folders, at)
		case isSystemFile(d):
			return os.Remove(at)
		}
		return nil
	}); err != nil {
		return err
	}
	for i := len(folders) - 1; i > 0; i-- {
		if err := os.Remove(folders[i]); err != nil {
			return err
		}
	}
	for _, name := range []string{ManifestName, markerName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Remove(dir)
}
