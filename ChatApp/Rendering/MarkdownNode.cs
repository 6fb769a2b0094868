namespace ChatApp.Rendering;

/// <summary>
/// One element, or a run of text, of a rendered answer. A settled node never changes; an open one grows at its end, and says so by
/// its <see cref="Version"/>.
/// </summary>
public sealed class MarkdownNode
{
    // What stands for a child that has been let go.
    private static readonly MarkdownNode Gone = new(MarkdownElement.Text, "");

    private List<MarkdownNode>? _children;
    private Rest? _rest;
    private int _version;
    private int _ownVersion;
    private int _chunks;
    private int _index;
    private bool _isRestructured;

    internal MarkdownNode(MarkdownElement element, string? value = null)
    {
        Element = element;
        Value = value;
    }

    public MarkdownElement Element { get; internal set; }

    /// <summary>Text: the text. Link and image link: a checked URL. Code block: the language. Alert: its kind. Footnotes: the label.</summary>
    public string? Value { get; internal set; }

    /// <summary>Link: its title. Image link: the host it leads to. Footnotes: the prefix that keeps ids of two answers apart.</summary>
    public string? Detail
    {
        get => _rest?.Detail;
        internal set => SetRest(value is null, rest => rest.Detail = value);
    }

    /// <summary>Ordered list: the first number. Footnote and its references: the footnote's number.</summary>
    public int Number
    {
        get => _rest?.Number ?? 0;
        internal set => SetRest(value == 0, rest => rest.Number = value);
    }

    /// <summary>A list whose items stand apart; the first reference to a footnote, which is where the way back leads.</summary>
    public bool Flag
    {
        get => _rest?.Flag ?? false;
        internal set => SetRest(!value, rest => rest.Flag = value);
    }

    /// <summary>A task's state; null where the item is no task.</summary>
    public bool? Checked
    {
        get => _rest?.Checked;
        internal set => SetRest(value is null, rest => rest.Checked = value);
    }

    public MarkdownAlignment Alignment
    {
        get => _rest?.Alignment ?? MarkdownAlignment.None;
        internal set => SetRest(value == MarkdownAlignment.None, rest => rest.Alignment = value);
    }

    public IReadOnlyList<MarkdownNode> Children => (IReadOnlyList<MarkdownNode>?)_children ?? [];

    /// <summary>Grows whenever this node or anything below it changes.</summary>
    public long Version => _version;

    /// <summary>Grows when what is drawn together with this node changes; see <see cref="MarkdownLayout"/>.</summary>
    public long OwnVersion => _ownVersion;

    internal MarkdownNode? Parent { get; private set; }

    /// <summary>Whether it shows a label whose definition may still come.</summary>
    internal bool MayBeReread { get; set; }

    /// <summary>What a footnote reference points to.</summary>
    internal object? Source
    {
        get => _rest?.Source;
        init => SetRest(value is null, rest => rest.Source = value);
    }

    /// <summary>Whether it stands among its parent's children, and was not taken back.</summary>
    internal bool IsAttached => Parent is { } parent && parent._children is { } siblings && _index < siblings.Count && ReferenceEquals(siblings[_index], this);

    internal MarkdownNode Add(MarkdownNode child)
    {
        _children ??= new List<MarkdownNode>(1);
        (child.Parent, child._index) = (this, _children.Count);
        _children.Add(child);
        ChildrenChanged(_children.Count - 1);
        return child;
    }

    internal void AddText(string text) => Add(new MarkdownNode(MarkdownElement.Text, text));

    /// <summary>Drops the children from <paramref name="count"/> on.</summary>
    internal void Truncate(int count)
    {
        if (_children is not null && _children.Count > count)
        {
            _children.RemoveRange(count, _children.Count - count);
            ChildrenChanged(count);
        }
    }

    /// <summary>Whether the child at this place has been let go: the browser has it, and nothing else.</summary>
    public bool HasLetGo(int place) => _children is not null && place < _children.Count && ReferenceEquals(_children[place], Gone);

    /// <summary>Lets some children go; the others keep their places.</summary>
    internal void LetGo(int start, int count)
    {
        for (var i = start; i < start + count; i++)
        {
            _children![i] = Gone;
        }

        Touch();
    }

    /// <summary>Whether it, or anything below it, is not certain to stay as it is before the answer has ended: labels without a definition and numbers of footnotes.</summary>
    internal bool MayChange() => MayBeReread || Source is not null || (_children?.Exists(child => child.MayChange()) ?? false);

    /// <summary>Something about the node itself has changed.</summary>
    internal void Touch()
    {
        Raise();
        RaiseOwn();
    }

    /// <summary>
    /// Only the document: all changes for now are made. Chunks are counted here and not at every change, because what is merely shown
    /// is dropped and made again at each flush.
    /// </summary>
    internal void Commit()
    {
        foreach (var node in _rest?.Restructured ?? [])
        {
            node._isRestructured = false;
            if (node._chunks != MarkdownLayout.Chunks(node))
            {
                node._chunks = MarkdownLayout.Chunks(node);
                node.RaiseOwn();
            }
        }

        _rest?.Restructured.Clear();
    }

    private void ChildrenChanged(int first)
    {
        var root = Raise();
        if (!_isRestructured)
        {
            _isRestructured = true;
            (root._rest ??= new Rest()).Restructured.Add(this);
        }

        if (first < MarkdownLayout.InPlace(this))
        {
            RaiseOwn();
        }
    }

    private MarkdownNode Raise()
    {
        var node = this;
        node._version++;
        while (node.Parent is { } parent)
        {
            node = parent;
            node._version++;
        }

        return node;
    }

    private void RaiseOwn()
    {
        _ownVersion++;
        for (var node = this; node.Parent is { } parent && node._index < MarkdownLayout.InPlace(parent); node = parent)
        {
            parent._ownVersion++;
        }
    }

    private void SetRest(bool isNone, Action<Rest> set)
    {
        if (!isNone || _rest is not null)
        {
            set(_rest ??= new Rest());
        }
    }

    // What few nodes have: an answer of many pages is mostly texts, and each of them stays.
    private sealed class Rest
    {
        public string? Detail { get; set; }

        public int Number { get; set; }

        public bool Flag { get; set; }

        public bool? Checked { get; set; }

        public MarkdownAlignment Alignment { get; set; }

        public object? Source { get; set; }

        public List<MarkdownNode> Restructured => field ??= [];
    }
}
