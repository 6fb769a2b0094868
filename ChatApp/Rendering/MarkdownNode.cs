namespace ChatApp.Rendering;

/// <summary>
/// One element, or a run of text, of a rendered answer. A settled node never changes; an open one grows at its end, and says so by
/// its <see cref="Version"/>.
/// </summary>
public sealed class MarkdownNode
{
    private readonly List<MarkdownNode> _children = [];
    private List<MarkdownNode>? _restructured;
    private bool _isRestructured;
    private int _chunks;
    private int _index;

    internal MarkdownNode(MarkdownElement element, string? value = null)
    {
        Element = element;
        Value = value;
    }

    public MarkdownElement Element { get; internal set; }

    /// <summary>Text: the text. Link and image link: a checked URL. Code block: the language. Alert: its kind. Footnotes: the label.</summary>
    public string? Value { get; internal set; }

    /// <summary>Link: its title. Image link: the host it leads to. Footnotes: the prefix that keeps ids of two answers apart.</summary>
    public string? Detail { get; internal set; }

    /// <summary>Ordered list: the first number. Footnote and its references: the footnote's number.</summary>
    public int Number { get; internal set; }

    /// <summary>A list whose items stand apart; the first reference to a footnote, which is where the way back leads.</summary>
    public bool Flag { get; internal set; }

    /// <summary>A task's state; null where the item is no task.</summary>
    public bool? Checked { get; internal set; }

    public MarkdownAlignment Alignment { get; internal set; }

    public IReadOnlyList<MarkdownNode> Children => _children;

    /// <summary>Grows whenever this node or anything below it changes.</summary>
    public long Version { get; private set; }

    /// <summary>Grows when what is drawn together with this node changes; see <see cref="MarkdownLayout"/>.</summary>
    public long OwnVersion { get; private set; }

    internal MarkdownNode? Parent { get; private set; }

    /// <summary>What a footnote reference points to.</summary>
    internal object? Source { get; init; }

    /// <summary>Whether it stands among its parent's children, and was not taken back.</summary>
    internal bool IsAttached => Parent is { } parent && _index < parent._children.Count && ReferenceEquals(parent._children[_index], this);

    internal MarkdownNode Add(MarkdownNode child)
    {
        (child.Parent, child._index) = (this, _children.Count);
        _children.Add(child);
        ChildrenChanged(_children.Count - 1);
        return child;
    }

    internal void AddText(string text) => Add(new MarkdownNode(MarkdownElement.Text, text));

    /// <summary>Drops the children from <paramref name="count"/> on.</summary>
    internal void Truncate(int count)
    {
        if (_children.Count > count)
        {
            _children.RemoveRange(count, _children.Count - count);
            ChildrenChanged(count);
        }
    }

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
        foreach (var node in _restructured ?? [])
        {
            node._isRestructured = false;
            if (node._chunks != MarkdownLayout.Chunks(node))
            {
                node._chunks = MarkdownLayout.Chunks(node);
                node.RaiseOwn();
            }
        }

        _restructured?.Clear();
    }

    private void ChildrenChanged(int first)
    {
        var root = Raise();
        if (!_isRestructured)
        {
            _isRestructured = true;
            (root._restructured ??= []).Add(this);
        }

        if (first < MarkdownLayout.InPlace(this))
        {
            RaiseOwn();
        }
    }

    private MarkdownNode Raise()
    {
        var node = this;
        node.Version++;
        while (node.Parent is { } parent)
        {
            node = parent;
            node.Version++;
        }

        return node;
    }

    private void RaiseOwn()
    {
        OwnVersion++;
        for (var node = this; node.Parent is { } parent && node._index < MarkdownLayout.InPlace(parent); node = parent)
        {
            parent.OwnVersion++;
        }
    }
}
