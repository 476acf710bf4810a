"""Trains tokenizers, and writes what they make of every line.

usage: reference.py LINES TEXT TOK_BIN OUTPUT

LINES has a text a line, with the escapes of Python; the tokenizers learn from it and from the file TEXT (or
none, `-`). TOK_BIN is a tokenizer of llama2.c (or `-`). The folder OUTPUT gets a file of each tokenizer and
reference.json: all texts, which are the lines and others made of signs at random; of each tokenizer its file, its
kind, and of each text the tokens with the names of special tokens as text, those with them as tokens, and the
text of the former.
"""

import json
import random
import struct
import sys
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

lines_path, text_path, tok_bin, output = sys.argv[1:]
output = Path(output)


def unescape(line):
    """The escapes of Python, in a line that has other characters than ASCII too."""
    return line.encode("raw_unicode_escape").decode("unicode_escape") if "\\" in line else line


LINES = [unescape(line) for line in Path(lines_path).read_text("utf-8").split("\n")[:-1]]
TEXT = [] if text_path == "-" else Path(text_path).read_text("utf-8").split("\n")
results = []

# Besides, texts that nobody wrote: where words end is decided by neighbours.
SIGNS = list("'''   \n\n\r\t\u00a0\u3000sStTrReEvVmMlLdDaZ0129\u00bd\u0663.,_<>-")
SIGNS += list("\u00e9\u0416\u4e2d\u0939\u0940\u05d0\U0001f642\u0301\u200d\u017f\u2581") + ["'ll", "'S", "  ", "the"]
RANDOM = random.Random(1)
LEARNED = list(LINES)
LINES += ["".join(RANDOM.choices(SIGNS, k=RANDOM.randrange(1, 24))) for _ in range(1000)]


def add(file, kind, plain, special, decode):
    rows = []
    for line in LINES:
        tokens = plain(line)
        rows.append({"plain": tokens, "special": special(line), "text": decode(tokens)})
    results.append({"file": file, "kind": kind, "rows": rows})


def add_hugging_face(name, tokenizer):
    tokenizer.save(str(output / f"{name}.json"))

    def plain(line):
        tokenizer.encode_special_tokens = True
        return tokenizer.encode(line).ids

    def special(line):
        tokenizer.encode_special_tokens = False
        return tokenizer.encode(line).ids

    add(f"{name}.json", "hugging_face", plain, special, tokenizer.decode)


def byte_level(name, steps, specials, size=3000, ignore_merges=False, nfc=False, template=None):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = steps
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=specials,
        show_progress=False,
    )
    tokenizer.train_from_iterator(LEARNED + TEXT, trainer)
    if template:
        ids = [(token, tokenizer.token_to_id(token)) for token in template if token.startswith("<")]
        tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ids)
    add_hugging_face(name, tokenizer)


def split(pattern):
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


byte_level("gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"])
byte_level("gpt2-small", pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"], 500)
byte_level(
    "roberta",
    pre_tokenizers.ByteLevel(add_prefix_space=True),
    ["<s>", "</s>", AddedToken("<unk>", lstrip=True), AddedToken("<pad>", rstrip=True, lstrip=True)],
    template=["<s>", "$A", "</s>"],
)
byte_level(
    "llama3",
    split(CL100K.replace("DIGITS", r"\p{N}{1,3}")),
    ["<|begin_of_text|>", "<|end_of_text|>"],
    ignore_merges=True,
    template=["<|begin_of_text|>", "$A"],
)
byte_level(
    "qwen2",
    split(CL100K.replace("DIGITS", r"\p{N}")),
    ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    8000,
    nfc=True,
)
byte_level("any-digits", split(CL100K.replace("DIGITS", r"\p{N}+")), [])
byte_level("split-gpt2", split(GPT2), ["<|im_end|>"])
for name, each in [("digits", True), ("digit-runs", False)]:
    steps = [pre_tokenizers.Digits(each), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    byte_level(name, pre_tokenizers.Sequence(steps), ["<|endoftext|>"])


def metaspace(name, scheme, cuts):
    """Characters with U+2581 for spaces, and an unknown token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=cuts)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
    trainer = trainers.BpeTrainer(
        vocab_size=2000, special_tokens=["<unk>", "<s>"], limit_alphabet=300, show_progress=False
    )
    tokenizer.train_from_iterator(LEARNED + TEXT, trainer)
    add_hugging_face(name, tokenizer)


metaspace("metaspace-always", "always", True)
metaspace("metaspace-first", "first", True)
metaspace("metaspace-whole", "first", False)


def sentence_piece(name, **options):
    text = output / "text.txt"
    text.write_text("\n".join(LEARNED + TEXT).replace("\0", ""), "utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(output / name),
        model_type="bpe",
        minloglevel=2,
        max_sentence_length=100000,
        **{"normalization_rule_name": "identity", "hard_vocab_limit": False} | options,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=str(output / f"{name}.model"))
    encode = lambda line: model.encode(line, add_bos=model.bos_id() >= 0)
    add(f"{name}.model", "sentencepiece", encode, lambda line: None, model.decode)
    return model


llama2 = sentence_piece(
    "llama2",
    vocab_size=3000,
    byte_fallback=True,
    remove_extra_whitespaces=False,
    split_digits=True,
    allow_whitespace_only_pieces=True,
    character_coverage=0.995,
)
sentence_piece("squeezed", vocab_size=2000, character_coverage=0.98)
sentence_piece(
    "symbols",
    vocab_size=2500,
    byte_fallback=True,
    remove_extra_whitespaces=False,
    user_defined_symbols=["<|im_end|>", "[INST]", "the", "\n", "\t"],
    character_coverage=0.99,
)
sentence_piece("no-prefix", vocab_size=1500, add_dummy_prefix=False, bos_id=-1, remove_extra_whitespaces=False)
sentence_piece("over-spaces", vocab_size=2000, split_by_whitespace=False, remove_extra_whitespaces=False)


def converted(name, model, metaspaced):
    """The model of SentencePiece as one of Hugging Face: all pairs that make a piece, by its score."""
    pieces = [model.id_to_piece(i) for i in range(model.vocab_size())]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    normal = {p for i, p in enumerate(pieces) if not (model.is_byte(i) or model.is_control(i) or model.is_unknown(i))}
    merges = []
    for piece in normal:
        for cut in range(1, len(piece)):
            pair = (piece[:cut], piece[cut:])
            if pair[0] in normal and pair[1] in normal:
                merges.append((vocab[piece], cut, pair))
    merges = [pair for _, _, pair in sorted(merges)]
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in ["<unk>", "<s>", "</s>"]])
    steps = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    if metaspaced:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        steps = [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
        tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    add_hugging_face(name, tokenizer)


converted("llama2-hf", llama2, False)
converted("llama2-hf-metaspace", llama2, True)


def llama2c(path):
    """What llama2.c does, without its speed."""
    data = Path(path).read_bytes()
    pieces, scores, place = [], [], 4
    while place < len(data):
        score, length = struct.unpack_from("<fi", data, place)
        place += 8 + length
        pieces.append(data[place - length : place])
        scores.append(score)
    numbers = {piece: i for i, piece in enumerate(pieces)}

    def encode(line):
        tokens = [1] + ([numbers[b" "]] if line else [])
        for character in line:
            data = character.encode()
            tokens += [numbers[data]] if data in numbers else [byte + 3 for byte in data]
        while True:
            best = None
            for i, pair in enumerate(zip(tokens, tokens[1:])):
                merged = numbers.get(pieces[pair[0]] + pieces[pair[1]])
                if merged is not None and (best is None or scores[merged] > scores[best[1]]):
                    best = (i, merged)
            if best is None:
                return tokens
            tokens[best[0] : best[0] + 2] = [best[1]]

    def decode(tokens):
        text = b""
        for token in tokens[1:]:
            text += bytes([token - 3]) if 3 <= token < 259 else pieces[token]
        return (text[1:] if text[:1] == b" " else text).decode()

    add(path, "llama2c", encode, lambda line: None, decode)


if tok_bin != "-":
    llama2c(tok_bin)

(output / "reference.json").write_text(json.dumps({"lines": LINES, "tokenizers": results}))
