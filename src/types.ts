/**
 * `genloom/types`: every type that a public declaration uses. A compiler that writes declarations (`declaration: true`) must be able to
 * import what it inferred; the types that people write themselves are also exported beside the functions that take or give them.
 * `tests/packaging/type-names.js` finds those that are missing.
 */
export type { Micro, Opcode, Status } from "../assembly/opcode.js";
export type { Compiled, CompiledOutput } from "./compile/compile.js";
export type { Wave } from "./compile/encode.js";
export type { Invariant } from "./compile/invariant.js";
export type { Plan } from "./compile/plan.js";
export type { Binarisation } from "./data/binarisation.js";
export type { BuiltinOptions } from "./data/builtin.js";
export type { CharacterOptions } from "./data/codecs/characters.js";
export type { ChoraleConfig, Frame } from "./data/codecs/chorale.js";
export type { CodecConfig, TextForm, TokenCodec } from "./data/codecs/codec.js";
export type { Legend } from "./data/codecs/level.js";
export type { RollConfig } from "./data/codecs/roll.js";
export type { SmilesConfig } from "./data/codecs/smiles.js";
export type { Column } from "./data/columns.js";
export type { Part } from "./data/data-path.js";
export type { dataset, DatasetOptions } from "./data/dataset.js";
export type { CsvOptions } from "./data/formats/csv.js";
export type { BadImage, PngFolderOptions } from "./data/formats/png-folder.js";
export type { Image } from "./data/formats/png.js";
export type { bars, BarsOptions } from "./data/generated/bars.js";
export type { DigitOptions, digits } from "./data/generated/digits.js";
export type { checkerboard, grid, moons, PointOptions, ring, spiral } from "./data/generated/points.js";
export type { Channels, Colour } from "./data/images/colour.js";
export type { ImageOptions } from "./data/images/image-fit.js";
export type { MaskSource } from "./data/mask.js";
export type { parseDataset, ParseOptions } from "./data/parse.js";
export type { TrainedOn } from "./data/scaling.js";
export type { streamed, StreamOptions } from "./data/stream.js";
export type { ByteSource } from "./data/streaming/pieces.js";
export type { RecordFileOptions, streamFile } from "./data/streaming/record-file.js";
export type {
  CategoryColumn,
  ColumnSpec,
  IdentifierColumn,
  LearnedColumn,
  MayMiss,
  Mode,
  Named,
  NumberColumn,
} from "./data/tables/column-spec.js";
export type { ColumnSpans, TableClass } from "./data/tables/spans.js";
export type { Table } from "./data/tables/table.js";
export type { TokenLists, TokenMeaning } from "./data/token-lists.js";
export type { TokenOptions, tokens } from "./data/tokens.js";
export type {
  Dataset,
  DatasetSource,
  Described,
  RecordSource,
  StreamedDataset,
  TableDescription,
  TokenDescription,
  TrainingData,
  Windows,
} from "./data/training-data.js";
export type { WindowOptions as SequenceWindowOptions, windows } from "./data/windows.js";
export type { ErrorCode, ErrorDetails, GenloomError } from "./errors.js";
export type { AxesOptions } from "./graph/axes.js";
export type { Command } from "./graph/command.js";
export type { Draws, Rows } from "./graph/draws.js";
export type { DType } from "./graph/dtype.js";
export type { Block, EmbeddedMap, Emission, Epilogue } from "./graph/emission.js";
export type { Shape } from "./graph/shape.js";
export type { Home, Loop, Motion, Owner, Part as SplitPart, Place, Storage } from "./graph/storage.js";
export type { Attributes, Body, EvaluationContext, Input, Lowering, MicroCode, Op, Tensor } from "./graph/tensor.js";
export type { Feed, TypedArray, Values } from "./graph/values.js";
export type { Initializer, Variable, VariableOptions } from "./graph/variable.js";
export type { CommandHeader, MovedWord, RowWord, Writer } from "./graph/writer.js";
export type { Binding, EngineOptions } from "./host/binding.js";
export type { Capabilities } from "./host/capabilities.js";
export type { RuntimeInfo, RuntimeOptions, WideInfo } from "./host/choose-engine.js";
export type { Device, KernelWatch } from "./host/device.js";
export type { Engine, RunResult } from "./host/engine.js";
export type { Exchange, Exchanges } from "./host/exchanges.js";
export type { Group } from "./host/group.js";
export type { Block as HeapBlock, Heap, Holding } from "./host/heap.js";
export type { BuildName } from "./host/kernels.js";
export type { ProfileEntry } from "./host/profile.js";
export type { Program, ProgramOptions, RunOptions, RunStatus } from "./host/program.js";
export type { Runtime } from "./host/runtime.js";
export type { Trace, Traced } from "./host/traced.js";
export type { WasmSource } from "./host/wasm-source.js";
export type { KindConfig } from "./kinds/kind.js";
export type { OptionRule, OptionRules } from "./kinds/option.js";
export type { Role } from "./kinds/roles.js";
export type { Tint } from "./layers/augment/tint.js";
export type { WeightOptions } from "./layers/convolution.js";
export type { InitializerConfig, InitializerName, InitializerOption } from "./layers/initializer-config.js";
export type { Initializer as InitializerKind } from "./layers/initializers.js";
export type {
  ApplyOptions as ApplyLayerOptions,
  Layer,
  LayerConfig,
  LayerSummary,
  Network,
  Reading,
  Scope,
  ScopeVariable,
  Updates,
} from "./layers/layer.js";
export type { States, Stepping } from "./layers/stepping.js";
export type { NetworkName } from "./metrics/classifier-network.js";
export type { ClassifierProgress } from "./metrics/classifier-training.js";
export type { Classification } from "./metrics/classifier.js";
export type { Lacking } from "./metrics/evaluation/choose-scores.js";
export type { Evaluation, ScoreCounts } from "./metrics/evaluation/compare.js";
export type { Evaluator } from "./metrics/evaluation/evaluator.js";
export type { ScoreName, ScoreNeeds, ScoreRow, ScoreValues, Scoring } from "./metrics/evaluation/scores.js";
export type { Side } from "./metrics/evaluation/side.js";
export type { Watched } from "./metrics/evaluation/watch.js";
export type { ExtractorDescription } from "./metrics/extractor.js";
export type { Features } from "./metrics/features.js";
export type { Mixture } from "./metrics/mixture.js";
export type {
  GivenOf,
  Left as OptionalOf,
  MadeBy,
  MadeOf,
  One as OptionItem,
  RoleValues,
  Value as OptionValue,
  Wide as WideValue,
} from "./models/define-kind.js";
export type { exporter } from "./models/exporter.js";
export type { Decay, HalfLifeOptions } from "./models/gan/average.js";
export type { Images } from "./models/gan/token-images.js";
export type { TrainedByKind } from "./models/load.js";
export type { CentredMachine, CentredMachineOptions } from "./models/rbm/centred-machine.js";
export type { GibbsChains, GibbsChainsOptions, Sweeping } from "./models/rbm/gibbs-chains.js";
export type { LabelGroup } from "./models/rbm/labels.js";
export type { Machine } from "./models/rbm/machine.js";
export type { PlainParameters, RunningMachine } from "./models/rbm/running-machine.js";
export type { RbmSamplerOptions } from "./models/rbm/sampler.js";
export type {
  ChainOptions,
  InpaintOptions,
  RbmGenerateOptions,
  RbmSampleOptions,
  SweepOptions,
} from "./models/rbm/sweep-options.js";
export type { TrainedRbm } from "./models/rbm/trained-rbm.js";
export type { Units } from "./models/rbm/units.js";
export type { Beam, BeamSearchOptions } from "./models/sequence/beam-search.js";
export type { NetworkOptions } from "./models/sequence/networks.js";
export type { PromptOption } from "./models/sequence/prompt.js";
export type { SequenceSamplerOptions, TokenFamily } from "./models/sequence/token-family.js";
export type { Position } from "./models/sequence/token-loop.js";
export type { TokenNetwork, TokenNetworkOptions } from "./models/sequence/token-network.js";
export type { SequenceLikelihood, SequenceSampleOptions, TrainedSequence } from "./models/sequence/trained-sequence.js";
export type { Autoencoder, Scores, VaeOptions } from "./models/vae/autoencoder.js";
export type { LatentUse } from "./models/vae/latent.js";
export type { LikelihoodEstimate } from "./models/vae/likelihood.js";
export type { Densities, LatentScoring, VaeScoreOptions } from "./models/vae/score.js";
export type { TrainedVae } from "./models/vae/trained-vae.js";
export type {
  DecodeOptions,
  Encoding,
  LogLikelihoodOptions,
  MeansOption,
  TraverseOptions,
  VaeGenerateOptions,
  VaeSampleOptions,
} from "./models/vae/vae-options.js";
export type { AdversarialLoss } from "./objectives/adversarial.js";
export type { AdaptiveOptions, Augmentation, Changes, Step, StepAugmentation } from "./objectives/augmentation.js";
export type { ProbabilityOption } from "./objectives/augmentations.js";
export type { BoundTerms, Objective } from "./objectives/bounds.js";
export type { Likelihood, Observation } from "./objectives/likelihood.js";
export type { Penalty, PenaltyInputs } from "./objectives/penalties.js";
export type { LatentDraws, Posterior } from "./objectives/posteriors.js";
export type { AttentionInputs, AttentionOptions } from "./ops/attention.js";
export type { CategoricalOptions } from "./ops/categorical/draw.js";
export type { TensorLike } from "./ops/constant.js";
export type { Margins, PaddingOption, Pair, WindowOptions } from "./ops/convolution/window.js";
export type { GradientOptions } from "./ops/differentiate.js";
export type { GatherAttributes } from "./ops/indexing.js";
export type { MatmulOptions } from "./ops/matmul.js";
export type { MinibatchStdOptions } from "./ops/minibatch.js";
export type { Padding } from "./ops/movement/blocks.js";
export type { Moments, NormOptions } from "./ops/normalization.js";
export type { PoolOptions } from "./ops/pooling.js";
export type { PermutationOptions } from "./ops/random.js";
export type { SoftmaxOptions } from "./ops/reduction.js";
export type { ResampleMode, ResampleOptions } from "./ops/resampling.js";
export type { SpectralNorm, SpectralNormOptions } from "./ops/spectral.js";
export type { AdamOptions } from "./optimizers/adam.js";
export type { Gradients, GradientsOptions } from "./optimizers/gradients.js";
export type {
  ApplyOptions,
  MinimizeOptions,
  Minimizer,
  Optimizer,
  OptimizerConfig,
  OptimizerState,
} from "./optimizers/optimizer.js";
export type { RmspropOptions } from "./optimizers/rmsprop.js";
export type { SharedOptions } from "./optimizers/rule.js";
export type { Schedule } from "./optimizers/schedules.js";
export type { SgdOptions } from "./optimizers/sgd.js";
export type { NoOptions, Range } from "./options.js";
export type { Ability } from "./train/abilities.js";
export type { Alarm, AlarmRecord, AlarmRule, Measurement, WatchState } from "./train/alarms.js";
export type { Checkpoint, HistoryEntry, TensorMap } from "./train/checkpoint.js";
export type { DataDescription, DataRange } from "./train/data-description.js";
export type {
  ExportFormat,
  ExportOptions,
  ExportResults,
  HtmlOptions,
  JsOptions,
  WasmOptions,
} from "./train/exporting.js";
export type { FamilyConfig, FamilyKind } from "./train/family-config.js";
export type { Batch, BatchSource, Family, StepGraph } from "./train/family.js";
export type { Labels, LabelsOption } from "./train/labels.js";
export type { InterpolateOptions } from "./train/latent-path.js";
export type { Held, ModelInRuntime } from "./train/model-in-runtime.js";
export type { Records, RowRun } from "./train/records.js";
export type { OnDivergence, Recovery } from "./train/recovery.js";
export type { FurtherOption, GenerateOptions, SampleOptions, UntrainedOption } from "./train/sample-options.js";
export type { Drawing } from "./train/sample-program.js";
export type { RowFunction, RowInput, Sampler, SamplerInput, SamplerOptions } from "./train/sampler.js";
export type { Summary } from "./train/summary.js";
export type { StartingValues, TrainEvent, TrainingTask, TrainOptions, TrainResult } from "./train/train-options.js";
export type { Exporter, SampledFamily, TrainedModel } from "./train/trained.js";
export type { Training } from "./train/training.js";
export type {
  OwnBytes,
  OwnView,
  WasmMemory,
  WasmModule,
  WebBlob,
  WebFile,
  WebResponse,
  WebSignal,
  WebUrl,
} from "./web-types.js";
