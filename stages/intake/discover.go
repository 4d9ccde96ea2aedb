package intake

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/table"
	"lianheti/stages/text"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Source is one file that arrived: on disk, or in a zip package. It is opened only when it is read.
type Source struct {
	Path string // relative to its input, slash separated; inside a package "包.zip/表.xlsx"
	Size int64

	disk       string   // the file on disk, or the package that holds it
	entry      int      // index in the package; -1 outside
	decided    *Refusal // refusal by its name or kind; nil: read it
	onlyByName bool     // decided by the name alone, which the content may contradict
}

const maxPackage = 1 << 30

// Discover lists every file of the inputs once, by path. An error means that an input itself can't be read.
func Discover(inputs []string) ([]Source, error) {
	inputs = slices.Compact(slices.Sorted(slices.Values(inputs)))
	var out []Source
	for _, input := range inputs {
		prefix := table.Either(len(inputs) > 1, filepath.Base(filepath.Clean(input))+"/", "")
		found, err := discoverInput(input, prefix)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortStableFunc(out, func(a, b Source) int { return strings.Compare(a.Path, b.Path) })
	paths := text.Paths{}
	for i := range out { // two inputs may hold files of one name
		out[i].Path = paths.Unique(out[i].Path)
	}
	return out, nil
}

func discoverInput(input, prefix string) ([]Source, error) {
	info, err := os.Stat(input)
	if err != nil {
		return nil, fmt.Errorf("读不到 %s：%w", input, err)
	}
	if !info.IsDir() {
		return sourcesOf(input, strings.TrimSuffix(prefix, filepath.Base(input)+"/")+filepath.Base(input), info), nil
	}
	root, err := filepath.EvalSymlinks(input) // links are not followed, but an input may be one
	if err != nil {
		return nil, fmt.Errorf("读不到 %s：%w", input, err)
	}
	var out []Source
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, file) // which is below it
		name := prefix + cleanPath(filepath.ToSlash(rel))
		switch {
		case err != nil && file == root:
			return fmt.Errorf("读不到 %s：%w", input, err)
		case err == nil && d.IsDir():
			return nil
		}
		var info fs.FileInfo
		if err == nil {
			info, err = d.Info()
		}
		if err != nil {
			out = append(out, Source{Path: name, entry: -1, decided: &Refusal{CodeUnreadable, reasonOf(err)}})
			return nil
		}
		out = append(out, sourcesOf(file, name, info)...)
		return nil
	})
	return out, err
}

// sourcesOf returns the sources for a file on disk: itself and, if it is a package, its entries.
func sourcesOf(file, name string, info fs.FileInfo) []Source {
	s := Source{Path: name, Size: info.Size(), disk: file, entry: -1}
	if !info.Mode().IsRegular() {
		s.Size, s.decided = 0, &Refusal{CodeUnreadable, "不是普通文件"}
		return []Source{s}
	}
	s.decided, s.onlyByName = refuseByName(name, info.Size())
	if isPackage(name) && s.decided != nil && (s.decided.Code == CodeLockFile || s.decided.Code == CodeSystemFile) {
		if _, _, head := s.digest(); bytes.HasPrefix(head, ooxml.MagicZip) {
			s.decided, s.onlyByName = nil, false // programs make no lock files that are packages: a person named it so
		}
	}
	if s.decided != nil || !isPackage(name) {
		return []Source{s}
	}
	inside, refusal := s.listPackage()
	s.decided = refusal
	return append([]Source{s}, inside...)
}

// reasonOf says why a file can't be read.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "没有权限"
	case errors.Is(err, fs.ErrNotExist):
		return "读取时消失"
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "路径太长，请移到层次浅些、名称短些的文件夹里"
	}
	return "读取出错"
}

func isPackage(name string) bool { return strings.EqualFold(path.Ext(name), ".zip") }

// refuseByName refuses what is no workbook by name or size; doubt: unless the content says otherwise. nil: read it.
func refuseByName(name string, size int64) (r *Refusal, doubt bool) {
	base, ext := path.Base(name), strings.ToLower(path.Ext(name))
	switch {
	case strings.HasPrefix(base, "~$"), strings.HasPrefix(base, ".~"):
		return &Refusal{CodeLockFile, ""}, true
	case strings.EqualFold(base, "thumbs.db"), strings.EqualFold(base, "desktop.ini"), strings.HasPrefix(base, "."),
		strings.Contains("/"+name, "/__MACOSX/"):
		return &Refusal{CodeSystemFile, ""}, true
	case strings.HasSuffix(base, model.ReadingsSuffix):
		return &Refusal{CodeOwnPaper, "自检列出的读数一览"}, false
	case splitArchive.MatchString(base):
		return &Refusal{CodeOtherArchive, "分卷"}, true
	case ext == ".xlsx" && size > MaxFile:
		return &Refusal{CodeTooLarge, "超过 20 MB"}, false
	case ext == ".zip" && size > maxPackage:
		return &Refusal{CodeTooLarge, "超过 1 GB"}, false
	case ext == ".xlsx", ext == ".zip":
		return nil, false
	}
	ends := func(sign string) bool { return strings.HasSuffix(strings.ToLower(base), sign) }
	if r, by := matchKind(map[string]func(string) bool{"ends": ends, "seems": ends}); r != nil {
		return r, by == "seems"
	}
	return &Refusal{CodeOtherFile, ""}, true
}

// splitArchive matches the names of parts of a split archive.
var splitArchive = regexp.MustCompile(`(?i)\.(?:(?:zip|7z|rar)\.\d{3}|z\d\d|r\d\d)$`)

// checkPackageEnd checks the end of a package before its directory is read into memory.
func checkPackageEnd(file string, size int64) *Refusal {
	f, err := os.Open(file)
	if err != nil {
		return &Refusal{CodeUnreadable, reasonOf(err)}
	}
	defer f.Close()
	const longest = 22 + 1<<16 + 76 // the end, its comment, and what large packages have before it
	head, tail := make([]byte, min(size, headSize)), make([]byte, min(size, longest))
	_, err = f.ReadAt(head, 0)
	if err == nil || err == io.EOF {
		_, err = f.ReadAt(tail, size-int64(len(tail)))
	}
	if err != nil && err != io.EOF {
		return &Refusal{CodeUnreadable, reasonOf(err)}
	}
	if end := ooxml.EndOfDirectory(tail); end == 0 {
		if other := sniff(head); other != nil && (other.Code == CodeOtherArchive || other.Code == CodeEmpty) {
			return other
		}
		return &Refusal{CodePackageDamaged, "缺少结尾，可能没有传完"}
	}
	switch directory, ok := ooxml.DirectorySize(tail, size); {
	case !ok:
		return &Refusal{CodePackageDamaged, "目录与文件大小不符，可能没有传完"}
	case directory > ooxml.MaxDirectory:
		return refuse(CodePackageMany, "光目录就有 %d MB", directory>>20)
	}
	return nil
}

// listPackage lists the files inside a package, and says that this is one: a file that arrived and is no submission; or
// that it can't be used. Neither: it is no package.
func (s Source) listPackage() (out []Source, itself *Refusal) {
	if refusal := checkPackageEnd(s.disk, s.Size); refusal != nil {
		return nil, refusal
	}
	zr, err := zip.OpenReader(s.disk)
	if err != nil {
		return nil, &Refusal{CodePackageDamaged, "目录打不开"}
	}
	defer zr.Close()
	if len(zr.File) > ooxml.MaxEntries {
		return nil, refuse(CodePackageMany, "含 %d 个文件，最多 %d 个", len(zr.File), ooxml.MaxEntries)
	}
	const maxUnpacked = 4 << 30 // archive/zip gives no entry more bytes than it names
	unpacked := uint64(0)
	for _, f := range zr.File {
		if unpacked += min(f.UncompressedSize64, maxUnpacked); unpacked > maxUnpacked {
			return nil, &Refusal{CodePackageDamaged, "解开后超过 4 GB"}
		}
	}
	if slices.ContainsFunc(zr.File, func(f *zip.File) bool { return strings.EqualFold(f.Name, "[Content_Types].xml") }) {
		return nil, nil // a workbook under the name of a package, as browsers save it
	}
	for i, f := range zr.File {
		folder := f.FileInfo().IsDir() || strings.HasSuffix(f.Name, `\`)
		if folder && f.UncompressedSize64 == 0 && f.CRC32 == 0 {
			continue
		}
		size := int64(min(f.UncompressedSize64, 1<<62))
		inner := Source{Path: s.Path + "/" + cleanPath(entryName(f)), Size: size, disk: s.disk, entry: i}
		if inner.decided, inner.onlyByName = refuseByName(inner.Path, size); inner.decided == nil && isPackage(inner.Path) {
			inner.decided = &Refusal{CodePackageNested, ""}
		}
		const encrypted = 1
		if f.Flags&encrypted != 0 && inner.decided == nil {
			inner.decided = &Refusal{CodePackagePass, ""}
		}
		switch {
		case folder: // one flipped bit turns a file into a folder
			inner.decided, inner.onlyByName = &Refusal{CodePackageDamaged, "目录把一个文件记成了文件夹，可能传输出错"}, false
		case !f.Mode().IsRegular():
			inner.decided, inner.onlyByName = &Refusal{CodeUnreadable, "不是普通文件"}, false
		}
		out = append(out, inner)
	}
	if len(out) == 0 {
		return nil, &Refusal{CodePackageDamaged, "里面没有文件"}
	}
	return out, &Refusal{CodePackage, ""}
}

// entryName decodes an entry's name: UTF-8 if it is valid, else GBK as Windows writes it.
func entryName(f *zip.File) string {
	if utf8.ValidString(f.Name) {
		return f.Name
	}
	name, err := simplifiedchinese.GB18030.NewDecoder().String(f.Name)
	if err != nil {
		return strings.ToValidUTF8(f.Name, "�")
	}
	return name
}

// cleanPath turns a name with any slashes, dots and control characters into a plain relative path.
func cleanPath(name string) string {
	misleading := func(r rune) bool { // control characters and marks that turn the writing direction
		return r < 0x20 || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}
	name = text.Replaced(strings.ToValidUTF8(name, "�"), misleading, '_')
	name = path.Clean("/" + strings.ReplaceAll(name, `\`, "/"))
	return strings.TrimPrefix(name, "/")
}

// Read returns the bytes of a file, at most MaxFile of them.
func (s Source) Read() ([]byte, error) {
	var data bytes.Buffer
	err := s.readInto(&data)
	return data.Bytes(), err
}

func (s Source) readInto(data *bytes.Buffer) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	data.Grow(int(min(s.Size, MaxFile)) + bytes.MinRead)
	if _, err = data.ReadFrom(io.LimitReader(r, MaxFile+1)); err == nil && data.Len() > MaxFile {
		err = errTooLarge
	}
	return err
}

// Limits of the files that are hashed, in bytes: larger ones would take too long, and nobody sends such.
const (
	maxHashed      = 2 << 30
	maxHashedEntry = 1 << 30 // of a package, unpacked
)

// digest returns the hash of a file that is not read and its first bytes; none says why it can't be hashed.
func (s Source) digest() (sum, none string, head []byte) {
	r, err := s.open()
	if err != nil {
		return "", s.readRefusal(err).Detail, nil
	}
	defer r.Close()
	buffered := bufio.NewReaderSize(r, headSize)
	head, _ = buffered.Peek(headSize)
	head = bytes.Clone(head)
	limit, h := table.Either[int64](s.entry >= 0, maxHashedEntry, maxHashed), sha256.New()
	n := s.Size
	if n <= limit {
		n, err = io.CopyBuffer(h, io.LimitReader(buffered, limit+1), make([]byte, 256<<10))
	}
	switch {
	case err != nil:
		return "", s.readRefusal(err).Detail, head
	case n > limit:
		return "", fmt.Sprintf("超过 %d GB", limit>>30), head
	}
	return hex.EncodeToString(h.Sum(nil)), "", head
}

// open opens a file on disk or inside its package.
func (s Source) open() (io.ReadCloser, error) {
	if s.entry < 0 {
		return os.Open(s.disk)
	}
	zr, err := zip.OpenReader(s.disk)
	if err != nil {
		return nil, err
	}
	if s.entry >= len(zr.File) {
		zr.Close()
		return nil, fmt.Errorf("压缩包 %s 在读取时变了", s.Path)
	}
	f, err := zr.File[s.entry].Open()
	if err != nil {
		zr.Close()
		return nil, err
	}
	return packageEntry{f, zr}, nil
}

type packageEntry struct {
	io.ReadCloser
	pack io.Closer
}

func (p packageEntry) Close() error { return errors.Join(p.ReadCloser.Close(), p.pack.Close()) }

var errTooLarge = errors.New("超过大小限制")

// Disk is the file on disk that holds the source: itself, or its package.
func (s Source) Disk() string { return s.disk }

// MarkAs marks a file that is read as something other than a submission.
func (s *Source) MarkAs(as string) {
	s.decided, s.onlyByName = &Refusal{CodeOwnPaper, as}, false
}

// Ignored reports whether the name alone shows that the file is no submission: a lock file, a README, a picture …
func (s Source) Ignored() bool { return s.decided != nil && s.decided.fate() == model.Ignored }
