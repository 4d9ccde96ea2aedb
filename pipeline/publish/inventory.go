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

// entry is one thing that stands in a folder. What is neither file nor folder is never opened.
type entry struct {
	Path string // relative, slash separated
	Mode fs.FileMode
}

// kind names what an entry is, for a person; empty for a plain file.
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

// inventory is what stands in a folder beside what its manifest says.
type inventory struct {
	dir      string
	entries  []entry   // all but the manifest itself, our mark and what systems leave lying about; ordered by path
	manifest *Manifest // nil where there is none that can be believed
	invalid  error     // why not
	listed   map[string]Output
	content  map[string]bool // by sha256: what is listed
	folders  map[string]bool // that listed files stand in
	hashes   map[string]string
}

// takeInventory lists a folder, follows no link and opens only its manifest.
func takeInventory(dir string) (*inventory, error) {
	inv := &inventory{dir: dir, listed: map[string]Output{}, content: map[string]bool{}, folders: map[string]bool{},
		hashes: map[string]string{}}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("读不到 %s：%w", at, err)
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil || rel == "." || systemFile(d) || d.Type().IsRegular() && (rel == ManifestName || rel == markName) {
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

// systemFile says whether a file is what systems and office programs leave beside the files that people open.
func systemFile(d fs.DirEntry) bool {
	if !d.Type().IsRegular() {
		return false
	}
	name := strings.ToLower(d.Name())
	switch name {
	case "thumbs.db", "desktop.ini", ".ds_store":
		return true
	}
	const longestLock = 1 << 10 // what is larger under such a name is somebody's
	info, err := d.Info()
	return err == nil && info.Size() <= longestLock && (strings.HasPrefix(name, "~$") || strings.HasPrefix(name, ".~"))
}

// hash gives the sha256 of a plain file of the folder, read once.
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

// is says whether an entry is a plain file with this content.
func (v *inventory) is(e entry, sum string) bool {
	if !e.Mode.IsRegular() {
		return false
	}
	there, err := v.hash(e.Path)
	return err == nil && there == sum
}

// foreign lists what the manifest doesn't know. A renamed or copied result is not foreign: its content is ours.
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

// proven says whether the manifest is of this folder: by its own hash, or in earlier versions by a file it lists.
func (v *inventory) proven() bool {
	if v.manifest.Root != "" {
		return true
	}
	for _, e := range v.entries {
		if o, listed := v.listed[e.Path]; listed && v.is(e, o.SHA256) {
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

// keptFolder holds results that somebody changed, beside the results that took their place.
const keptFolder = "留存"

// Kept is a changed result of an earlier run.
type Kept struct {
	Path string // in the results folder, as it was
	Now  string // where it is kept
}

// retire puts the old results away: what is as published is removed; what was changed since is moved to 留存. The
// manifest goes last, so that the folder stays provably ours until nothing else is in it.
func (t *Target) retire() error {
	inv, err := ownResult(t.old)
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
			if err := t.keep(at, e.Path, sum); err != nil {
				return err
			}
		}
	}
	return removeEmptied(t.old)
}

// keep moves a changed result to 留存, under a name that begins with its hash.
func (t *Target) keep(at, rel, sum string) error {
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

// removeEmptied removes what is left of an old result: litter, our manifest and empty folders; anything else stops it.
func removeEmptied(dir string) error {
	var folders []string
	if err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			folders = append(folders, at)
		case systemFile(d):
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
	for _, name := range []string{ManifestName, markName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Remove(dir)
}
