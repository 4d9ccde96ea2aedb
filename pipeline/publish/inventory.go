package publish

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"lianheti/stages/office/try"
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
func readInventory(dir string) (_ *inventory, err error) {
	defer try.Caught(&err)
	inv := &inventory{dir: dir, listed: map[string]Output{}, content: map[string]bool{}, folders: map[string]bool{},
		hashes: map[string]string{}}
	try.Do(filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("读不到 %s：%w", at, err)
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil || rel == "." || isSystemFile(d) || d.Type().IsRegular() && (rel == ManifestName || rel == markerName) {
			return err
		}
		inv.entries = append(inv.entries, entry{filepath.ToSlash(rel), d.Type()})
		return nil
	}))
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

// isOurs reports whether an entry is a result, or a folder of one. What was renamed or copied is known by its content.
func (v *inventory) isOurs(e entry) bool {
	_, listed := v.listed[e.Path]
	switch {
	case e.Mode.IsDir():
		return v.folders[e.Path]
	case listed || !e.Mode.IsRegular():
		return e.Mode.IsRegular()
	}
	sum, err := v.hash(e.Path)
	return err == nil && v.content[sum]
}

// matchesManifest reports whether the manifest has its own hash or, from earlier versions, lists a file that is here.
func (v *inventory) matchesManifest() bool {
	ours := v.manifest.Root != "" || slices.ContainsFunc(v.entries, func(e entry) bool {
		o, listed := v.listed[e.Path]
		return listed && v.hasContent(e, o.SHA256)
	})
	if !ours {
		v.invalid = errors.New("它列出的文件这里一个也没有")
	}
	return ours
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
func (t *Target) removeOld() (err error) {
	defer try.Caught(&err)
	inv, err := checkOwnResult(t.old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	try.Do(err)
	for _, e := range inv.entries {
		if e.Mode.IsDir() {
			continue
		}
		at := filepath.Join(t.old, filepath.FromSlash(e.Path))
		if sum := try.Get(inv.hash(e.Path)); inv.content[sum] {
			try.Do(os.Remove(at))
		} else {
			try.Do(t.keepChanged(at, e.Path, sum))
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
func removeLeftovers(dir string) (err error) {
	defer try.Caught(&err)
	var folders []string
	try.Do(filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			folders = append(folders, at)
		case isSystemFile(d):
			return os.Remove(at)
		}
		return nil
	}))
	for i := len(folders) - 1; i > 0; i-- {
		try.Do(os.Remove(folders[i]))
	}
	for _, name := range []string{ManifestName, markerName} {
		if err := os.Remove(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			try.Do(err)
		}
	}
	return os.Remove(dir)
}

// Refusal is a wrong use of the command. Nothing was touched; the message names the file and the cure.
type Refusal struct{ message string }

func (r Refusal) Error() string { return r.message }

// Refuse makes a Refusal.
func Refuse(format string, args ...any) error { return Refusal{fmt.Sprintf(format, args...)} }

// PartialError means that a part was done before the error.
type PartialError struct {
	Dir     string   // where results were published; empty: none were
	Written []string // single files that were written
	error
}

func (h PartialError) Unwrap() error { return h.error }

// WithWritten adds to an error the files that were written before it.
func WithWritten(done []string, err error) error {
	if err == nil || len(done) == 0 {
		return err
	}
	return PartialError{"", done, err}
}

// ReadPath is a file or folder that a run reads.
type ReadPath struct {
	Path  string
	Label string // how the message names it: 输入, 登记表 …
	// ReadFirst: it is read before anything is moved, so it may be, or lie in, the results to be replaced.
	ReadFirst bool
	Cure      string // empty: choose another output folder
}

// checkSeparate refuses results that would replace an input of the run, or be written into one.
func checkSeparate(final string, reads []ReadPath) error {
	for _, r := range reads {
		if r.Path == "" {
			continue
		}
		switch {
		case !r.ReadFirst && Within(r.Path, final):
			return Refuse("%s %s 在结果文件夹 %s 里，结果换新时会连它一起换掉：%s", r.Label, r.Path, final,
				cmp.Or(r.Cure, "请用 --out 换一个输出文件夹"))
		case Within(filepath.Dir(final), r.Path), Within(final, r.Path) && !r.ReadFirst:
			return Refuse("结果会写到 %s，那是在%s %s 里面，下次运行会把结果也当作输入：请用 --out 换一个输出文件夹，例如 %s",
				final, r.Label, r.Path, realPath(r.Path)+"-结果")
		}
	}
	return nil
}

// CheckOutside refuses an output folder that lies in an input.
func CheckOutside(folder string, inputs []string) error {
	for _, input := range inputs {
		if Within(folder, input) {
			return Refuse("结果会写到 %s，那是在输入 %s 里面，下次运行会把它也当作输入；什么也没有写。请用 --out 换一个文件夹，例如 %s",
				folder, input, realPath(input)+"-结果")
		}
	}
	return nil
}

// Within reports whether path is dir or lies below it.
func Within(path, dir string) bool {
	outer, err := os.Stat(dir)
	if err != nil {
		return false
	}
	for at := range parents(realPath(path)) {
		if info, err := os.Stat(at); err == nil && os.SameFile(info, outer) {
			return true
		}
	}
	return false
}

// parents yields a path and all folders that contain it, innermost first.
func parents(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for yield(path) && path != filepath.Dir(path) {
			path = filepath.Dir(path)
		}
	}
}

// realPath returns an absolute path without links. The part that does not exist is left as it is.
func realPath(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rest := ""
	for at := range parents(abs) {
		if found, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(found, rest)
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
	return abs
}

// FindResult returns a published result at, below or above a folder or file; empty: none.
func FindResult(dir string) string {
	found := resultAbove(dir)
	_ = filepath.WalkDir(realPath(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != ManifestName || !d.Type().IsRegular() {
			return nil
		}
		if _, err := ReadManifest(filepath.Dir(path)); err == nil {
			found = filepath.Dir(path)
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// resultAbove returns the published result that a folder is or lies in; empty: none.
func resultAbove(dir string) string {
	for at := realPath(dir); at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := ReadManifest(at); err == nil {
			return at
		}
	}
	return ""
}

// checkOwnResult returns the inventory of a folder that is empty or provably a result of ours with nothing else in
// it. Otherwise a Refusal says why; fs.ErrNotExist means that there is no such folder.
func checkOwnResult(dir string) (_ *inventory, err error) {
	defer try.Caught(&err)
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, try.Named("读不到 "+dir, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, Refuse("%s 是一个链接，不是本程序写的结果文件夹，不会动它：请用 --out 换一个文件夹", dir)
	case !info.IsDir():
		return nil, Refuse("%s 是一个文件，不是本程序写的结果文件夹，不会动它：请把它移走，或用 --out 换一个文件夹", dir)
	}
	inv := try.Get(readInventory(dir))
	first := ManifestName
	if len(inv.entries) > 0 {
		first = inv.entries[0].Path
	} else if _, err := os.Lstat(filepath.Join(dir, ManifestName)); inv.manifest != nil || errors.Is(err, fs.ErrNotExist) {
		return inv, nil
	}
	const cure = "请把它移到别处，或用 --out 换一个文件夹"
	switch foreign := slices.DeleteFunc(slices.Clone(inv.entries), inv.isOurs); {
	case inv.manifest == nil || !inv.matchesManifest():
		return nil, Refuse("%s 里有 %s，没有证明它是本程序结果的 %s（%s），不会动它：%s", dir, first, ManifestName, ErrorText(inv.invalid), cure)
	case len(foreign) > 0:
		return nil, Refuse("结果文件夹 %s 里有不是本程序写的 %s（共 %d 处），换新结果会丢掉它：%s", dir, foreign[0].Path, len(foreign), cure)
	}
	return inv, nil
}

// Advice says in Chinese what to do about a system error; empty: none that we know.
func Advice(err error) string {
	errno, _ := errors.AsType[syscall.Errno](err)
	_, inUse := errors.AsType[inUseError](err)
	file, ofFile := errors.AsType[*fs.PathError](err)
	switch {
	case inUse:
		return "旧结果里有文件正被打开。请在 Excel、WPS 或资源管理器里关闭它，再运行一次"
	// excelize keeps large sheets in the temporary folder
	case slices.Contains(diskFull, errno) && ofFile && filepath.Dir(file.Path) == filepath.Clean(os.TempDir()):
		return "临时文件夹 " + filepath.Clean(os.TempDir()) + " 所在的磁盘已满。请腾出空间，再运行一次"
	case slices.Contains(diskFull, errno):
		return "磁盘已满。请腾出空间，或用 --out 换一个地方，再运行一次"
	case slices.Contains(fileInUse, errno):
		return "文件正被别的程序打开。请在 Excel 或 WPS 里关闭它，再运行一次"
	case errors.Is(err, fs.ErrPermission) && ofFile && unreadable(file.Path):
		return "没有权限读 " + file.Path + "。请检查它的权限，或复制到本机普通文件夹，再运行一次"
	case errors.Is(err, fs.ErrPermission), errno == syscall.EROFS:
		return "没有写入权限，或者所在的磁盘只读。请用 --out 换一个能写的文件夹，再运行一次"
	}
	return ""
}

// unreadable reports whether a file exists but may not be read.
func unreadable(path string) bool {
	f, err := os.Open(path)
	if err == nil {
		_ = f.Close()
	}
	return errors.Is(err, fs.ErrPermission)
}

// ErrorText returns the text of an error with the system's part in Chinese and the file named once.
func ErrorText(err error) string {
	message := err.Error()
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		reason := systemErrorText(file.Err)
		message = strings.ReplaceAll(message, "\n"+file.Error(), "") // write and close report the same error
		if rest := strings.Replace(message, file.Error(), "", 1); !strings.Contains(rest, file.Path) {
			reason = file.Path + " " + reason
		}
		return strings.Replace(message, file.Error(), reason, 1)
	}
	if files, ok := errors.AsType[*os.LinkError](err); ok {
		return strings.Replace(message, files.Error(), files.Old+" → "+files.New+" "+systemErrorText(files.Err), 1)
	}
	return message
}

// systemErrorText translates a system error, if it is a common one.
func systemErrorText(err error) string {
	errno, _ := errors.AsType[syscall.Errno](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "不存在"
	case errors.Is(err, fs.ErrExist):
		return "已经有了"
	case errors.Is(err, fs.ErrPermission):
		return "没有权限"
	case slices.Contains(diskFull, errno):
		return "磁盘已满"
	case slices.Contains(fileInUse, errno):
		return "正被别的程序打开"
	}
	translated := map[syscall.Errno]string{
		syscall.ENOTDIR: "上一级不是文件夹", syscall.EISDIR: "是一个文件夹", syscall.EROFS: "所在的磁盘只读",
		syscall.ELOOP: "链接绕成了圈", syscall.ENAMETOOLONG: "名称太长", syscall.EIO: "读写出错（磁盘可能有问题）",
	}[errno]
	return cmp.Or(translated, err.Error())
}
