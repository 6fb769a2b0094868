using System.Linq.Expressions;
using System.Reflection;
using ChatApp.Components.Chat.Answer;
using ChatApp.Rendering;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.RenderTree;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatApp.Tests.Rendering;

/// <summary>Renders a <see cref="MarkdownView"/> and counts the bytes a circuit would send, with the framework's own writer.</summary>
#pragma warning disable BL0005, BL0006 // The batch is what is measured.
internal sealed class MeasuringRenderer(IServiceProvider services) : Renderer(services, NullLoggerFactory.Instance)
{
    private static readonly Func<Stream, RenderBatch, long> Serialize = CreateSerializer();

    private MarkdownView? _view;

    public static MeasuringRenderer Create() => new(new ServiceCollection().BuildServiceProvider());

    public override Dispatcher Dispatcher { get; } = Dispatcher.CreateDefault();

    public long Bytes { get; private set; }

    public long LastBatch { get; private set; }

    public int Batches { get; private set; }

    public Task ShowAsync(StreamingMarkdown markdown) => Dispatcher.InvokeAsync(async () =>
    {
        _view = new MarkdownView { Markdown = markdown };
        var id = AssignRootComponentId(_view);
        await RenderRootComponentAsync(id, ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(MarkdownView.Markdown)] = markdown }));
    });

    public Task RefreshAsync() => Dispatcher.InvokeAsync(() => _view!.Refresh());

    protected override void HandleException(Exception exception) => throw new InvalidOperationException("Rendering failed.", exception);

    protected override Task UpdateDisplayAsync(in RenderBatch renderBatch)
    {
        using var stream = new MemoryStream();
        LastBatch = Serialize(stream, renderBatch);
        Bytes += LastBatch;
        Batches++;
        return Task.CompletedTask;
    }

    // new RenderBatchWriter(stream, leaveOpen: true).Write(in batch), which is internal to the server.
    private static Func<Stream, RenderBatch, long> CreateSerializer()
    {
        var type = Assembly.Load("Microsoft.AspNetCore.Components.Server").GetType("Microsoft.AspNetCore.Components.Server.Circuits.RenderBatchWriter", throwOnError: true)!;
        var stream = Expression.Parameter(typeof(Stream));
        var batch = Expression.Parameter(typeof(RenderBatch));
        var writer = Expression.Variable(type);
        var constructor = type.GetConstructor(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, [typeof(Stream), typeof(bool)])!;
        var write = type.GetMethod("Write", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, [typeof(RenderBatch).MakeByRefType()])!;
        var dispose = type.GetMethod("Dispose", Type.EmptyTypes)!;
        return Expression.Lambda<Func<Stream, RenderBatch, long>>(
            Expression.Block(
                [writer],
                Expression.Assign(writer, Expression.New(constructor, stream, Expression.Constant(true))),
                Expression.Call(writer, write, batch),
                Expression.Call(writer, dispose),
                Expression.Property(stream, nameof(Stream.Length))),
            stream,
            batch).Compile();
    }
}
